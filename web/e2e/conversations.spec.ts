import type { Locator, Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { expect, picture, test, type Account } from './fixtures.js'

test.setTimeout(120_000)

const list = (page: Page) => page.getByRole('list', { name: 'Chats' })
const conversation = (page: Page, name: string): Locator => list(page).getByRole('link').filter({ hasText: name })
const menu = (page: Page) => page.getByRole('menu')
const chatWith = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`

/** The names on the screen, from the top on. */
async function order(page: Page): Promise<string[]> {
  return list(page)
    .locator('.name')
    .evaluateAll((names) => names.map((name) => ({ name: name.textContent ?? '', top: name.getBoundingClientRect().top })).sort((a, b) => a.top - b.top).map(({ name }) => name))
}

test('a row shows the last words, when, and how many are unread; the newest stands first', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  const group = await ana.group('Choir', ben, kim)
  await ben.say(ana, 'first')
  await kim.say(group, 'Tonight at seven')
  const page = await open(ana)
  await expect(conversation(page, 'Choir')).toContainText('Kim: Tonight at seven')
  await expect(conversation(page, 'Ben')).toContainText('first')
  await expect(conversation(page, 'Ben').locator('time')).toHaveText(/^\d\d:\d\d( [AP]M)?$/)
  await expect(conversation(page, 'Ben').getByLabel('1 unread')).toBeVisible()
  await expect.poll(() => order(page)).toEqual(['Choir', 'Ben'])
  await ben.say(ana, 'second')
  await expect(conversation(page, 'Ben')).toContainText('second')
  await expect(conversation(page, 'Ben').getByLabel('2 unread')).toBeVisible()
  await expect.poll(() => order(page)).toEqual(['Ben', 'Choir'])
  await ben.post('/msg/recall', { chat: 10, dstObj: ana.email, seq: 2 })
  await expect(conversation(page, 'Ben')).toContainText('recalled')
  await expect(conversation(page, 'Ben').getByLabel('1 unread')).toBeVisible()
  await conversation(page, 'Ben').click()
  await expect(conversation(page, 'Ben').getByLabel(/unread/)).toHaveCount(0)
  await ana.say(group, 'Gladly')
  await expect(conversation(page, 'Choir')).toContainText('You: Gladly')
})

test('who is named is told in the list, also where the chat is muted', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const group = await ana.group('Choir', ben)
  await ana.put('/conv/set', { chat: 11, dstObj: group, mute: true })
  const page = await open(ana, { path: '/#/chats' })
  await ben.say(group, 'anybody here?')
  await expect(conversation(page, 'Choir').getByLabel(/unread/)).toBeVisible()
  await expect(conversation(page, 'Choir').getByLabel('Muted')).toBeVisible()
  await expect(conversation(page, 'Choir')).not.toContainText('Mentioned you')
  await expect(page).toHaveTitle('im_service')
  await ben.say(group, '@Ana, are you?', { at: [ana.email] })
  await expect(conversation(page, 'Choir')).toContainText('[Mentioned you]')
  await picture(page, 'conversations-mention')
  await conversation(page, 'Choir').click()
  await expect(conversation(page, 'Choir')).not.toContainText('Mentioned you')
})

test('a draft stands in the list, here and on another device, until it is sent', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ben.say(ana, 'Well?')
  await kim.say(ana, 'Hello')
  const [page, other] = [await open(ana, { path: chatWith(ben) }), await open(ana)]
  await page.getByLabel('Write a message').fill('I think that')
  await conversation(page, 'Kim').click()
  await expect(conversation(page, 'Ben')).toContainText('[Draft] I think that')
  await expect(conversation(other, 'Ben')).toContainText('[Draft] I think that')
  await conversation(page, 'Ben').click()
  await expect(page.getByLabel('Write a message')).toHaveValue('I think that')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('log').getByText('I think that')).toBeVisible()
  await expect(conversation(other, 'Ben')).not.toContainText('Draft')
})

test('by mouse: a chat is pinned, muted, marked as read and cleared, on all devices', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ben.say(ana, 'of Ben')
  await kim.say(ana, 'of Kim')
  const [page, other] = [await open(ana), await open(ana)]
  const choose = async (name: string, item: string) => {
    await conversation(page, name).click({ button: 'right' })
    await menu(page).getByRole('menuitem', { name: item, exact: true }).click()
    await expect(menu(page)).toHaveCount(0)
  }
  await expect.poll(() => order(page)).toEqual(['Kim', 'Ben'])
  await conversation(page, 'Ben').click({ button: 'right' })
  await picture(page, 'conversations-menu')
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(menu(page)).toHaveCount(0)
  await expect(page).not.toHaveURL(/chats\/10/)
  await choose('Ben', 'Pin on top')
  for (const one of [page, other]) {
    await expect(conversation(one, 'Ben').getByLabel('Pinned')).toBeVisible()
    await expect.poll(() => order(one)).toEqual(['Ben', 'Kim'])
  }
  await kim.say(ana, 'more of Kim')
  await expect(conversation(page, 'Kim')).toContainText('more of Kim')
  expect(await order(page)).toEqual(['Ben', 'Kim'])
  await expect(page).toHaveTitle('(3) im_service')
  await choose('Kim', 'Mute')
  await expect(conversation(other, 'Kim').getByLabel('Muted')).toBeVisible()
  await expect(page).toHaveTitle('(1) im_service')
  await choose('Ben', 'Mark as read')
  for (const one of [page, other]) await expect(conversation(one, 'Ben').getByLabel(/unread/)).toHaveCount(0)
  await choose('Kim', 'Unmute')
  await expect(conversation(other, 'Kim').getByLabel('Muted')).toHaveCount(0)
  await choose('Kim', 'Clear history')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(conversation(page, 'Kim')).toContainText('more of Kim')
  await choose('Kim', 'Clear history')
  await page.getByRole('dialog').getByRole('button', { name: 'Clear history' }).click()
  for (const one of [page, other]) {
    await expect(conversation(one, 'Kim')).not.toContainText('more of Kim')
    await expect(conversation(one, 'Kim').getByLabel(/unread/)).toHaveCount(0)
  }
  await choose('Ben', 'Unpin')
  await expect(conversation(other, 'Ben').getByLabel('Pinned')).toHaveCount(0)
})

test('by keyboard alone: from row to row, a menu, and back to the row', async ({ open, person }) => {
  const ana = await person('Ana')
  const names = ['Ben', 'Kim', 'Lea', 'Max']
  for (const name of names) {
    const friend = await person(name)
    await ana.befriend(friend)
    await friend.say(ana, `I am ${name}`)
  }
  const page = await open(ana)
  await expect(conversation(page, 'Max')).toBeVisible()
  await page.getByRole('searchbox', { name: 'Filter chats' }).focus()
  await page.keyboard.press('ArrowDown')
  await expect(conversation(page, 'Max')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(conversation(page, 'Kim')).toBeFocused()
  await page.keyboard.press('End')
  await expect(conversation(page, 'Ben')).toBeFocused()
  await page.keyboard.press('Shift+F10')
  await expect(menu(page).getByRole('menuitem', { name: 'Pin on top' })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(menu(page).getByRole('menuitem', { name: 'Mute' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(conversation(page, 'Ben')).toBeFocused()
  await page.keyboard.press('Shift+F10')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(conversation(page, 'Ben').getByLabel('Muted')).toBeVisible()
  await expect(conversation(page, 'Ben')).toBeFocused()
  await page.keyboard.press('Home')
  await expect(conversation(page, 'Max')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('log').getByText('I am Max')).toBeVisible()
})

test('by touch: a finger that stays opens the menu and no chat', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Hold me')
  const page = await open(ana, { viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true })
  const box = (await conversation(page, 'Ben').boundingBox())!
  const touch = await page.context().newCDPSession(page)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] })
  await expect(menu(page)).toBeVisible()
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await expect(menu(page)).toBeVisible()
  await expect(page).not.toHaveURL(/chats\/10/)
  for (const item of await menu(page).getByRole('menuitem').all()) expect((await item.boundingBox())!.height).toBeGreaterThanOrEqual(44)
  await picture(page, 'conversations-menu-phone')
  await menu(page).getByRole('menuitem', { name: 'Pin on top' }).tap()
  await expect(conversation(page, 'Ben').getByLabel('Pinned')).toBeVisible()
  await expect(page).not.toHaveURL(/chats\/10/)
  await conversation(page, 'Ben').tap()
  await expect(page.getByRole('log').getByText('Hold me')).toBeVisible()
})

test('the list is filtered by name, remark and address', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Benedikt'), await person('金明')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ana.put('/contact/remark', { dstObj: ben.email, remark: 'Uncle', tags: [] })
  await ben.say(ana, 'one')
  await kim.say(ana, 'two')
  const page = await open(ana)
  const filter = page.getByRole('searchbox', { name: 'Filter chats' })
  await expect.poll(() => order(page)).toEqual(['金明', 'Uncle'])
  await filter.fill('unc')
  await expect.poll(() => order(page)).toEqual(['Uncle'])
  await filter.fill('金')
  await expect.poll(() => order(page)).toEqual(['金明'])
  await filter.fill(ben.email.slice(0, 6))
  await expect.poll(() => order(page)).toEqual(['Uncle'])
  await filter.fill('nobody')
  await expect(page.getByText('No chat like that.')).toBeVisible()
  await filter.press('Escape')
  await expect(filter).toHaveValue('')
  await expect.poll(() => order(page)).toEqual(['金明', 'Uncle'])
})
