import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { expect, picture, test, type Account } from './fixtures.js'
import { png } from './png.js'

const shared = (page: Page) => page.getByRole('region', { name: 'Shared in this chat' })
const cells = (page: Page) => shared(page).getByRole('group').getByRole('button')
const details = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}?panel=details`
const tab = (page: Page, name: string) => shared(page).getByRole('tab', { name })

async function pair(person: (name: string) => Promise<Account>): Promise<[Account, Account]> {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  return [ana, ben]
}

async function show(ana: Account, ben: Account, name: string, grey: number): Promise<number> {
  const url = await ana.upload(name, png(200, 160, [grey, 90, 200]))
  return (await ana.say(ben, url, { msgType: 2, ext: { name, width: 200, height: 160 } })).seq
}

test('pictures of a chat stand in a grid, open large, and lead to where they were sent', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await show(ana, ben, 'first.png', 20)
  for (let n = 0; n < 80; n++) await ana.say(ben, `line ${n}`)
  await show(ana, ben, 'second.png', 200)
  await ana.say(ben, await ana.upload('clip.mp4', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom' + 'v'.repeat(100), 'latin1')), { msgType: 3, ext: { name: 'clip.mp4', duration: 65 } })
  await ben.post('/conv/read', { chat: 10, dstObj: ana.email, seq: 83 })
  const page = await open(ben, { path: details(ana), complaints: /clip|Failed to load resource/ })
  await shared(page).scrollIntoViewIfNeeded()
  await expect(cells(page)).toHaveCount(3)
  await expect(cells(page).nth(0)).toHaveAccessibleName(/^Go to the video: clip\.mp4, 1:05, Ana/)
  await expect(cells(page).nth(0)).toContainText('1:05')
  await expect.poll(() => cells(page).nth(2).locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  await expectAccessible(page)
  await picture(page, 'shared-media')

  await cells(page).nth(0).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect(cells(page).nth(2)).toBeFocused()
  await page.keyboard.press('Enter')
  await page.locator('.pswp--open').waitFor({ state: 'attached' })
  await page.keyboard.press('Escape') // While it still opens.
  await expect(page.locator('.pswp')).toHaveCount(0)
  await expect(cells(page).nth(2)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('.pswp')).toContainText('2 / 2')
  await expect(page.locator('[data-seq="1"]')).toHaveCount(0)
  await page.getByTitle('Go to the message').click()
  await expect(page.locator('.pswp')).toHaveCount(0)
  await expect(page.locator('[data-seq="1"]')).toBeInViewport()
})

test('what comes is there, and what is recalled is gone, while one looks', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const first = await show(ana, ben, 'first.png', 20)
  const page = await open(ben, { path: details(ana) })
  await expect(cells(page)).toHaveCount(1)
  await show(ana, ben, 'second.png', 90)
  await expect(cells(page)).toHaveCount(2)
  await ana.post('/msg/recall', { chat: 10, dstObj: ben.email, seq: first })
  await expect(cells(page)).toHaveCount(1)
  await expect(cells(page)).toHaveAccessibleName(/second\.png/)
  await ben.post('/conv/clear', { chat: 10, dstObj: ana.email })
  await expect(cells(page)).toHaveCount(0)
})

test('files tell their size and who sent them when, links go where they say', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, await ana.upload('plan.txt', Buffer.from('Two bags a cup.')), { msgType: 8, ext: { name: 'plan.txt', size: 15 } })
  await ben.say(ana, 'Look at https://example.com/tea and http is just a word')
  await ana.say(ben, 'javascript:alert(1) is no link')
  const page = await open(ben, { path: details(ana) })
  await expect(shared(page)).toContainText('No pictures or videos yet.')
  await tab(page, 'Media').focus()
  await page.keyboard.press('ArrowRight')
  await expect(tab(page, 'Files')).toBeFocused()
  const file = shared(page).getByRole('listitem')
  await expect(file).toContainText('plan.txt')
  await expect(file).toContainText('15 bytes')
  await expect(file).toContainText('Ana')
  await expectAccessible(page)
  await picture(page, 'shared-files')
  const got = page.waitForEvent('download')
  await file.getByTitle('Download').click()
  expect((await got).suggestedFilename()).toBe('plan.txt')
  await tab(page, 'Links').click()
  await expect.poll(() => shared(page).getByRole('link').allInnerTexts()).toEqual(['https://example.com/tea'])
  await expect(shared(page).getByRole('link')).toHaveAttribute('rel', 'noopener noreferrer')
  await expectAccessible(page)
  await picture(page, 'shared-links')
  await shared(page).getByRole('button', { name: /Go to the message/ }).click()
  await expect(page.locator('[data-seq="2"]')).toBeInViewport()
})

test('every link is there once, in order, whether it says http or only www, and in pages', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const expected: string[] = []
  for (let n = 0; n < 100; n++) {
    const text = n % 25 === 7 ? `see www.bare${n}.example.com` : n % 25 === 16 ? `https://www.both${n}.de or www.bare${n}.de` : `http://plain${n}.de`
    await ana.say(ben, text)
    expected.unshift(...(n % 25 === 7 ? [`http://www.bare${n}.example.com`] : n % 25 === 16 ? [`https://www.both${n}.de`, `http://www.bare${n}.de`] : [`http://plain${n}.de`]))
  }
  for (let n = 0; n < 40; n++) await ana.say(ben, `www is a word, and www.word${n} none`)
  await ana.say(ben, 'www.newest.com')
  expected.unshift('http://www.newest.com')
  const page = await open(ben, { path: details(ana) })
  await tab(page, 'Links').click()
  const links = shared(page).getByRole('link')
  await expect.poll(() => links.count()).toBeGreaterThan(0)
  await expect.poll(async () => {
    await shared(page).getByRole('button', { name: 'Show more' }).click({ timeout: 200 }).catch(() => undefined)
    await links.last().scrollIntoViewIfNeeded()
    return links.allInnerTexts()
  }).toEqual(expected)
  await ana.say(ben, 'and www.live.com')
  await expect(links.first()).toHaveText('http://www.live.com')
  await expect(links).toHaveCount(expected.length + 1)
})

test('page by page, in a large chat', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const url = await ana.upload('one.png', png(60, 60, 50))
  for (let n = 0; n < 70; n++) await ana.say(ben, url, { msgType: 2, ext: { name: `n${n}.png` } })
  const page = await open(ben, { path: details(ana) })
  await expect.poll(() => cells(page).count()).toBeGreaterThan(0)
  await expect.poll(async () => {
    await cells(page).last().scrollIntoViewIfNeeded()
    return cells(page).count()
  }).toBe(70)
  await expect(cells(page).last()).toHaveAccessibleName(/n0\.png/)
})

for (const [size, width, height] of [['phone', 360, 740], ['tablet', 768, 1024], ['desktop', 1280, 800]] as const)
  for (const [theme, language] of [['light', 'zh-CN'], ['dark', 'en-US']] as const)
    test(`on a ${size}, ${theme}, ${language}`, async ({ open, person }) => {
      const [ana, ben] = await pair(person)
      for (let n = 0; n < 8; n++) await show(ana, ben, `picture ${n}.png`, n * 30)
      const page = await open(ben, { path: details(ana), viewport: { width, height }, colorScheme: theme, locale: language })
      const list = page.locator('.shared')
      await expect(list.locator('.cell')).toHaveCount(8)
      await list.locator('.cell').last().scrollIntoViewIfNeeded()
      await expect.poll(() => list.locator('.cell img').last().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(1)
      await picture(page, `shared-${size}-${theme}`)
      if (size !== 'phone') return
      await list.locator('.cell').last().click()
      await page.locator('.pswp__button--jump').click()
      await expect(page.locator('.shared')).toHaveCount(0)
      await expect(page.locator('[data-seq="1"]')).toBeInViewport()
    })
