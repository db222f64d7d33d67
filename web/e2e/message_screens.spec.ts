import { expectAccessible } from './axe.js'
import { expect, picture, test } from './fixtures.js'
import { png } from './png.js'

const SCREENS = [
  { name: 'desktop-light-en', width: 1280, height: 800, language: 'en', theme: 'light' },
  { name: 'tablet-dark-zh', width: 768, height: 1024, language: 'zh-CN', theme: 'dark' },
  { name: 'phone-light-zh', width: 360, height: 720, language: 'zh-CN', theme: 'light' },
  { name: 'phone-dark-en', width: 360, height: 720, language: 'en', theme: 'dark' },
]

test('a chat with everything in it: at every size, in both themes and languages, and without findings of axe', async ({ open, person }) => {
  test.setTimeout(180_000)
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('金明')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  const group = await ana.group('Tea at four', ben, kim)
  const url = await ana.upload('cup.png', png(640, 400, [180, 120, 60]))
  await kim.say(group, '明天下午四点在老地方喝茶，好吗？')
  await ana.say(group, url, { msgType: 2, ext: { name: 'cup.png', width: 640, height: 400 } })
  await ben.say(group, '@Ana I am in. See https://example.com/tea-house for the way.', { at: [ana.email], reply: 2 })
  await ben.post('/msg/react', { chat: 11, dstObj: group, seq: 2, content: '👍', on: true })
  await ana.post('/msg/react', { chat: 11, dstObj: group, seq: 2, content: '👍', on: true })
  await kim.post('/msg/react', { chat: 11, dstObj: group, seq: 2, content: '🍵', on: true })
  await ana.say(group, await ana.upload('list of teas.pdf', Buffer.from('%PDF-1.4 tea')), { msgType: 8, ext: { name: 'list of teas.pdf', size: 48_213 } })
  await ana.say(group, 'Tea', { msgType: 12, fwd: { chat: 11, dstObj: group, seqs: [2, 4] } })
  await kim.say(group, '😀👍')
  await ana.say(group, 'I bring the cups.')
  await ana.post('/msg/edit', { chat: 11, dstObj: group, seq: 8, content: 'I bring the cups and the kettle.' })
  await ben.post('/conv/read', { chat: 11, dstObj: group, seq: 8 })
  for (const { name, width, height, language, theme } of SCREENS) {
    const page = await open(ana, { viewport: { width, height }, hasTouch: width < 600 })
    await page.evaluate(([language, theme]) => {
      localStorage.setItem('im.language', language!)
      localStorage.setItem('im.theme', theme!)
    }, [language, theme])
    await page.goto(page.url().replace(/#.*/, `#/chats/11/${group}`))
    await page.reload()
    await expect(page.locator('[data-seq="8"]')).toBeVisible()
    await expect(page.locator('[data-seq="3"] img.loaded')).toBeAttached()
    await picture(page, `message-${name}`)
    await expectAccessible(page)
    await page.locator('[data-seq="4"] .bubble').click({ button: 'right', position: { x: 6, y: 6 } })
    await picture(page, `message-menu-${name}`)
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: language === 'en' ? 'Forward' : '转发', exact: true }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expect(page.getByRole('dialog').getByRole('checkbox').first()).toBeVisible()
    await picture(page, `message-forward-${name}`)
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await page.context().close()
  }
})
