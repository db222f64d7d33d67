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
  await page.keyboard.press('ArrowLeft') // While it still opens.
  await expect(page.locator('.pswp')).toContainText('1 / 2')
  await page.keyboard.press('Escape')
  await expect(page.locator('.pswp')).toHaveCount(0)
  await page.keyboard.press('Enter')
  await page.locator('.pswp--open').waitFor({ state: 'attached' })
  await page.keyboard.press('Escape') // And so does this.
  await expect(page.locator('.pswp')).toHaveCount(0)
  await expect(cells(page).nth(2)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('.pswp')).toContainText('2 / 2')
  await expect(page.locator('[data-seq="1"]')).toHaveCount(0)
  await page.getByTitle('Go to the message').click()
  await expect(page.locator('.pswp')).toHaveCount(0)
  await expect(page.locator('[data-seq="1"]')).toBeInViewport()
})

test('the large view goes on beyond what the grid has loaded', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await manyPictures(ana, ben, 40)
  const page = await open(ben, { path: details(ana) })
  await expect(cells(page)).toHaveCount(9)
  await cells(page).nth(8).click()
  await expect(page.locator('.pswp')).toContainText('9 / 30')
  await page.locator('.pswp--open.pswp--ui-visible').waitFor()
  for (let n = 10; n <= 40; n++) {
    await page.keyboard.press('ArrowRight')
    await expect(page.locator('.pswp')).toContainText(`${n} / ${n < 28 ? 30 : 40}`)
  }
  await expect(page.locator('.pswp__item[aria-hidden="false"] img.pswp__img').last()).toHaveAttribute('alt', 'n0.png')
  await expect(page.getByTitle('Next', { exact: true })).toBeDisabled()
})

test('going back from all that was shared leads to the details, and from these to the chat', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await manyPictures(ana, ben, 12)
  const page = await open(ben, { path: `/#/chats/10/${encodeURIComponent(ana.email)}` })
  await page.getByRole('button', { name: 'Details' }).click()
  const all = shared(page).getByRole('button', { name: 'Show all' })
  await all.click()
  await expect(page.getByRole('heading', { name: 'Shared in this chat' })).toBeVisible()
  await expect(cells(page)).toHaveCount(12)
  await page.reload()
  await expect(cells(page)).toHaveCount(12)
  await page.goBack()
  await expect(page.getByRole('heading', { name: 'Details' })).toBeVisible()
  await expect(cells(page)).toHaveCount(9)
  await page.goForward()
  await expect(page.getByRole('heading', { name: 'Shared in this chat' })).toBeVisible()
  await page.getByRole('button', { name: 'Back' }).click()
  await expect(all).toBeVisible()
  await page.goBack()
  await expect(shared(page)).toHaveCount(0)
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

test('every link is there once, in order, whether it says http or only a name, and in pages', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const expected: string[] = []
  for (let n = 0; n < 100; n++) {
    const text = n % 25 === 7 ? `see bare${n}.example.cn` : n % 25 === 16 ? `https://www.both${n}.de or www.bare${n}.de` : `http://plain${n}.de`
    await ana.say(ben, text)
    expected.unshift(...(n % 25 === 7 ? [`http://bare${n}.example.cn`] : n % 25 === 16 ? [`https://www.both${n}.de`, `http://www.bare${n}.de`] : [`http://plain${n}.de`]))
  }
  for (let n = 0; n < 40; n++) await ana.say(ben, `www is a word, and www.word${n} none`)
  await ana.say(ben, 'www.newest.com')
  expected.unshift('http://www.newest.com')
  const page = await open(ben, { path: details(ana) })
  await tab(page, 'Links').click()
  const links = shared(page).getByRole('link')
  await expect(links).toHaveText(expected.slice(0, 4))
  await ana.say(ben, 'and www.live.com')
  expected.unshift('http://www.live.com')
  await expect(links).toHaveText(expected.slice(0, 4))
  await shared(page).getByRole('button', { name: 'Show all' }).click()
  await expect(links.nth(8)).toBeVisible()
  await picture(page, 'shared-links-all')
  // Only those in sight are there: gone through from top to bottom, they are all, in order.
  const seen: string[] = []
  await expect.poll(async () => {
    const texts = await links.allInnerTexts()
    const from = texts.findIndex((text) => !seen.includes(text))
    if (from >= 0) seen.push(...texts.slice(from))
    expect(expected.slice(0, seen.length)).toEqual(seen)
    await shared(page).getByRole('tabpanel').evaluate((element) => (element.scrollTop += 200))
    return seen.length
  }, { timeout: 30_000, intervals: [50] }).toBe(expected.length)
  expect(await links.count()).toBeLessThan(40)
})

async function manyPictures(ana: Account, ben: Account, count: number): Promise<void> {
  const url = await ana.upload('one.png', png(60, 60, 50))
  for (let n = 0; n < count; n++) await ana.say(ben, url, { msgType: 2, ext: { name: `n${n}.png`, width: 60, height: 60 } })
}

test('all pictures of a large chat can be gone through, and only those in sight are there', async ({ open, person }) => {
  test.setTimeout(90_000)
  const [ana, ben] = await pair(person)
  const COUNT = 400
  await manyPictures(ana, ben, COUNT)
  const page = await open(ben, { path: details(ana) })
  await expect(cells(page)).toHaveCount(9)
  await shared(page).getByRole('button', { name: 'Show all' }).click()
  await expect(page.getByRole('heading', { name: 'Shared in this chat' })).toBeVisible()
  await expect(tab(page, 'Media')).toBeFocused()
  await expectAccessible(page)
  await expect(cells(page).nth(20)).toBeVisible()
  await picture(page, 'shared-all')
  await page.keyboard.press('Tab')
  await expect(cells(page).first()).toBeFocused()

  const nodes = () => shared(page).locator('*').count()
  const focused = () => page.evaluate(() => /\bn(\d+)\.png/.exec(document.activeElement?.getAttribute('aria-label') ?? '')?.[1])
  let most = 0
  await expect.poll(async () => {
    await page.keyboard.press('End')
    most = Math.max(most, await nodes())
    return focused()
  }, { timeout: 30_000, intervals: [50] }).toBe('0')
  await expect(cells(page).last()).toBeInViewport()
  expect(most).toBeLessThan(250)
  expect(await cells(page).count()).toBeLessThan(60)

  for (const [key, to] of [['ArrowUp', '3'], ['ArrowLeft', '4'], ['ArrowRight', '3'], ['Home', '399'], ['ArrowDown', '396'], ['ArrowDown', '393']] as const) {
    await page.keyboard.press(key)
    await expect.poll(focused, key).toBe(to)
    await expect(page.locator(':focus')).toBeInViewport()
  }
  const scroller = shared(page).getByRole('tabpanel')
  await scroller.evaluate((element) => (element.scrollTop = element.scrollHeight / 2))
  await expect(page.locator(':focus')).not.toBeInViewport()
  await expect.poll(() => cells(page).nth(8).evaluate((cell) => cell.getBoundingClientRect().top < innerHeight)).toBe(true)
  expect(await focused()).toBe('393')
  await page.keyboard.press('ArrowUp')
  await expect.poll(focused).toBe('396')
  await expect(page.locator(':focus')).toBeInViewport()

  await page.keyboard.press('Enter')
  await expect(page.locator('.pswp')).toContainText(`4 / ${COUNT}`)
  await page.locator('.pswp--open.pswp--ui-visible').waitFor()
  await expect(page.getByTitle('Next', { exact: true })).toBeVisible()
  await page.getByTitle('Next', { exact: true }).click()
  await expect(page.locator('.pswp')).toContainText(`5 / ${COUNT}`)
  await page.getByTitle('Previous', { exact: true }).click()
  await page.getByTitle('Previous', { exact: true }).click()
  await expect(page.locator('.pswp')).toContainText(`3 / ${COUNT}`)
  await page.keyboard.press('Escape')
  await expect(page.locator('.pswp')).toHaveCount(0)
  await expect.poll(focused).toBe('396')

  // What comes and what goes takes the focus along.
  await show(ana, ben, 'newest.png', 90)
  await expect(cells(page).first()).toHaveAccessibleName(/newest/)
  await expect.poll(focused).toBe('396')
  await ana.post('/msg/recall', { chat: 10, dstObj: ben.email, seq: 397 })
  await expect.poll(focused).toBe('395')

  await page.keyboard.press('Escape')
  await expect(page.getByRole('heading', { name: 'Details' })).toBeVisible()
  await expect(cells(page)).toHaveCount(9)
  await page.keyboard.press('Escape')
  await expect(shared(page)).toHaveCount(0)
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
      // What can't be undone stands at the end.
      const ends = page.locator('.scroll > :last-child')
      await ends.scrollIntoViewIfNeeded()
      await expect(ends.getByRole('button')).toHaveText(theme === 'dark' ? ['Clear history', 'Block', 'Remove friend'] : ['清空聊天记录', '拉黑', '删除好友'])
      await picture(page, `details-end-${size}-${theme}`)
      if (size !== 'phone') return
      await list.locator('.cell').last().click()
      await page.locator('.pswp__button--jump').click()
      await expect(page.locator('.shared')).toHaveCount(0)
      await expect(page.locator('[data-seq="1"]')).toBeInViewport()
    })
