import type { Locator, Page } from '@playwright/test'
import { Account, expect, picture, test } from './fixtures.js'
import { Server } from './server.js'

const log = (page: Page) => page.getByRole('log')
/** The row of a message with that text. */
const row = (page: Page, text: string): Locator => page.locator('[data-message]').filter({ hasText: text }).last()
const menu = (page: Page) => page.getByRole('menu')

async function choose(page: Page, text: string, name: string): Promise<void> {
  await row(page, text).locator('.bubble').click({ button: 'right' })
  await menu(page).getByRole('menuitem', { name, exact: true }).click()
}

async function chatWith(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(name) }).first().click()
  await expect(log(page)).toBeVisible()
}

async function pair(person: (name: string) => Promise<Account>): Promise<[Account, Account]> {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  return [ana, ben]
}

test('a message is answered; a click on the quote goes to what was answered', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'What about the roof?')
  for (let n = 0; n < 80; n++) await ana.say(ben, `line ${n}`)
  await ben.say(ana, 'It leaks.', { reply: 1 })
  const page = await open(ana)
  await chatWith(page, 'Ben')
  const answer = row(page, 'It leaks.')
  await expect(answer).toContainText('What about the roof?')
  await expect(answer.getByRole('button', { name: /Go to the message.*Ana/ })).toBeVisible()
  await expect(page.locator('[data-seq="1"]')).toHaveCount(0)
  await answer.getByRole('button', { name: /Go to the message/ }).click()
  await expect(page.locator('[data-seq="1"]')).toBeInViewport()
})

test('reply and edit go to the composer', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'Tee at four?')
  const page = await open(ben)
  await chatWith(page, 'Ana')
  await choose(page, 'Tee at four?', 'Reply')
  await expect(menu(page)).toHaveCount(0)
  await page.getByLabel('Write a message').fill('Gladly, of course')
  await page.keyboard.press('Enter')
  await expect(row(page, 'Gladly, of course').locator('.quote')).toContainText('Tee at four?')
  await expect(row(page, 'Gladly, of course').getByTitle('Sent')).toBeVisible()
  await choose(page, 'Gladly, of course', 'Edit')
  await page.getByLabel('Write a message').fill('Gladly, at five')
  await page.keyboard.press('Enter')
  await expect(row(page, 'Gladly, at five')).toContainText('edited')
})

test('recall and edit are offered for as long as this server allows', async ({ open }) => {
  const server = await Server.start('--recall.window=0', '--edit.window=5s')
  const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Well?')
  const page = await open(ana, { server })
  await chatWith(page, 'Ben')
  await page.getByLabel('Write a message').fill('Said just now')
  await page.keyboard.press('Enter')
  await expect(row(page, 'Said just now').getByTitle('Sent')).toBeVisible()
  const offered = async () => {
    await row(page, 'Said just now').locator('.bubble').click({ button: 'right' })
    await expect(menu(page).getByRole('menuitem', { name: 'Reply', exact: true })).toBeVisible()
    const names = await menu(page).getByRole('menuitem').allInnerTexts()
    await page.keyboard.press('Escape')
    await expect(menu(page)).toHaveCount(0)
    return names.map((name) => name.trim())
  }
  const first = await offered()
  expect(first).toContain('Edit')
  expect(first).not.toContain('Recall')
  await expect.poll(offered, { timeout: 15_000 }).not.toContain('Edit')
  await page.getByLabel('Write a message').press('ArrowUp')
  await expect(page.getByLabel('Write a message')).toHaveValue('')
  await server.remove()
})

test('what was answered and is gone says so', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const { seq } = await ana.say(ben, 'Never mind')
  await ben.say(ana, 'What?', { reply: seq })
  const page = await open(ben)
  await chatWith(page, 'Ana')
  await expect(row(page, 'What?')).toContainText('Never mind')
  await ana.post('/msg/recall', { chat: 10, dstObj: ben.email, seq })
  await expect(row(page, 'What?')).toContainText('no longer there')
  await expect(log(page)).toContainText('Ana recalled a message')
})

test('reactions: given by the quick row, seen by the other, taken back by a click', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'Tea at four?')
  const [a, b] = [await open(ana), await open(ben)]
  await chatWith(a, 'Ben')
  await chatWith(b, 'Ana')
  await row(b, 'Tea at four?').locator('.bubble').click({ button: 'right' })
  await menu(b).getByRole('menuitem', { name: 'React with 👍' }).click()
  const chip = row(a, 'Tea at four?').getByRole('button', { name: /👍.*by Ben/ })
  await expect(chip).toContainText('👍1')
  await expect(chip).toHaveAttribute('aria-pressed', 'false')
  await chip.click()
  await expect(row(b, 'Tea at four?').getByRole('button', { name: /👍.*by You, Ana/ })).toContainText('👍2')
  await picture(b, 'message-reactions')
  await row(b, 'Tea at four?').locator('.chip').click()
  await expect(row(a, 'Tea at four?').locator('.chip')).toContainText('👍1')
  await row(a, 'Tea at four?').locator('.chip').click({ button: 'right' })
  await expect(a.getByRole('dialog')).toContainText('Ana')
  await a.keyboard.press('Escape')
  await row(b, 'Tea at four?').locator('.bubble').click({ button: 'right' })
  await menu(b).getByRole('menuitem', { name: 'More reactions' }).click()
  await b.getByRole('dialog', { name: 'React' }).getByRole('button', { name: /grinning/i }).first().click()
  await expect(row(a, 'Tea at four?').locator('.chip')).toHaveCount(2)
})

test('what I recall is gone for both, and can be written anew', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const [a, b] = [await open(ana, { path: `/#/chats/10/${ben.email}` }), await open(ben, { path: `/#/chats/10/${ana.email}` })]
  await a.getByLabel('Write a message').fill('I never liked tea')
  await a.keyboard.press('Enter')
  await expect(log(b)).toContainText('I never liked tea')
  await choose(a, 'I never liked tea', 'Recall')
  await expect(log(a)).toContainText('You recalled a message')
  await expect(log(b)).toContainText('Ana recalled a message')
  await expect(log(b)).not.toContainText('I never liked tea')
  await a.getByRole('button', { name: 'Edit again' }).click()
  await expect(a.getByLabel('Write a message')).toHaveValue('I never liked tea')
})

test('deleting for me leaves it to the other; deleting for everybody does not', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'one')
  await ana.say(ben, 'two')
  const [a, b] = [await open(ana), await open(ben)]
  await chatWith(a, 'Ben')
  await chatWith(b, 'Ana')
  await choose(b, 'one', 'Delete for me')
  await b.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(log(b)).not.toContainText('one')
  await expect(log(a)).toContainText('one')
  await choose(a, 'two', 'Delete for everybody')
  await a.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(log(b)).not.toContainText('two')
  await expect(log(b)).toContainText('A message was deleted')
})

test('only what is permitted is offered', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'mine to change')
  const [a, b] = [await open(ana), await open(ben)]
  await chatWith(a, 'Ben')
  await chatWith(b, 'Ana')
  await row(a, 'mine to change').locator('.bubble').click({ button: 'right' })
  for (const name of ['Edit', 'Recall', 'Delete for everybody']) await expect(menu(a).getByRole('menuitem', { name, exact: true })).toBeVisible()
  await picture(a, 'message-menu')
  await row(b, 'mine to change').locator('.bubble').click({ button: 'right' })
  for (const name of ['Edit', 'Recall', 'Delete for everybody', 'Who has read it']) await expect(menu(b).getByRole('menuitem', { name, exact: true })).toHaveCount(0)
})

test('a refusal by the server is shown', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'hello there')
  const page = await open(ben)
  await chatWith(page, 'Ana')
  await row(page, 'hello there').locator('.bubble').click({ button: 'right' })
  await ana.post('/contact/remove', { dstObj: ben.email })
  await menu(page).getByRole('menuitem', { name: 'Pin', exact: true }).click()
  await expect(page.getByText('or the other one blocked you')).toBeVisible()
})

test('a message is pinned and unpinned', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ana.say(ben, 'The code is 4711')
  const page = await open(ana)
  await chatWith(page, 'Ben')
  await choose(page, 'The code is 4711', 'Pin')
  await expect(row(page, 'The code is 4711').getByText('Pinned')).toBeAttached()
  await choose(page, 'The code is 4711', 'Unpin')
  await expect(row(page, 'The code is 4711').getByText('Pinned')).toHaveCount(0)
})

test('one message is forwarded to several chats, with whose it was', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ben.say(ana, 'The kettle is on')
  const group = await ana.group('Hiking', ben)
  const page = await open(ana, { path: `/#/chats/10/${ben.email}` })
  const k = await open(kim)
  await choose(page, 'The kettle is on', 'Forward')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Filter chats').fill('ki')
  await expect(dialog.getByRole('checkbox')).toHaveCount(2)
  await dialog.getByRole('checkbox', { name: 'Kim' }).check()
  await dialog.getByRole('checkbox', { name: 'Hiking' }).check()
  await picture(page, 'forward')
  await dialog.getByRole('button', { name: 'Send to 2 chats' }).click()
  await expect(page.getByText('Forwarded to 2 chats')).toBeVisible()
  await chatWith(k, 'Ana')
  await expect(row(k, 'The kettle is on')).toContainText('Forwarded from Ben')
  await page.goto(page.url().replace(/#.*/, `#/chats/11/${group}`))
  await expect(row(page, 'The kettle is on')).toContainText('Forwarded from Ben')
})

test('several are chosen, forwarded as one, and read in a dialog', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ben.say(ana, 'The kettle is on')
  await ana.say(ben, 'Coming')
  await ben.say(ana, 'not this one')
  const page = await open(ana)
  const k = await open(kim)
  await chatWith(page, 'Ben')
  await choose(page, 'The kettle is on', 'Select')
  await expect(page.getByText('1 selected')).toBeVisible()
  await row(page, 'Coming').click()
  await row(page, 'not this one').click()
  await row(page, 'not this one').click()
  await expect(page.getByText('2 selected')).toBeVisible()
  await picture(page, 'select')
  await page.getByRole('toolbar', { name: 'Selected messages' }).getByRole('button', { name: 'Forward' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('checkbox', { name: 'Kim' }).check()
  await dialog.getByLabel('Merged into one').check()
  await dialog.getByLabel('Title').fill('Tea talk')
  await dialog.getByRole('button', { name: 'Send to 1 chat' }).click()
  await expect(page.getByText('2 selected')).toHaveCount(0)
  await chatWith(k, 'Ana')
  await expect(row(k, 'Tea talk')).toContainText('2 messages')
  await row(k, 'Tea talk').getByRole('button', { name: /Tea talk/ }).click()
  await expect(k.getByRole('dialog')).toContainText('Coming')
  await expect(k.getByRole('dialog')).not.toContainText('not this one')
  await picture(k, 'merged')
})

test('chosen messages are copied and deleted', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  for (const text of ['one', 'two', 'three']) await ana.say(ben, text)
  const page = await open(ana, { permissions: ['clipboard-read', 'clipboard-write'] })
  await chatWith(page, 'Ben')
  await choose(page, 'one', 'Copy')
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('one')
  await choose(page, 'one', 'Select')
  await row(page, 'three').click()
  const bar = page.getByRole('toolbar', { name: 'Selected messages' })
  await bar.getByRole('button', { name: 'Copy' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^Ana .*\none\n\nAna .*\nthree$/)
  await choose(page, 'one', 'Select')
  await row(page, 'three').click()
  await bar.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(log(page)).not.toContainText('three')
  await expect(log(page)).toContainText('two')
})

test('in a group: names, notices in words, who has read, and what an admin may', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  const group = await ana.group('Tea', ben, kim)
  await ana.put('/community/notice', { dstObj: group, content: 'No coffee.' })
  await ana.say(group, 'Four o’clock')
  await ben.say(group, 'I am late')
  const path = `/#/chats/11/${group}`
  const [a, b, k] = [await open(ana, { path }), await open(ben, { path }), await open(kim, { path })]
  await expect(log(b)).toContainText(/Ana founded the group with (You|Ben), Kim|Ana founded the group with .*/)
  await expect(log(b)).toContainText('Ana put up a notice: No coffee.')
  await expect(row(k, 'I am late')).toContainText('Ben')
  await a.getByLabel('Write a message').fill('Has everybody seen this?')
  await a.keyboard.press('Enter')
  await expect(row(a, 'Has everybody').getByText('Read by 2')).toBeVisible()
  await row(a, 'Has everybody').getByRole('button', { name: /Read by 2/ }).click()
  await expect(a.getByRole('dialog')).toContainText('Ben')
  await expect(a.getByRole('dialog')).toContainText('Kim')
  await picture(a, 'readers')
  await a.keyboard.press('Escape')
  await choose(a, 'I am late', 'Recall')
  await a.getByRole('dialog').getByRole('button', { name: 'Recall' }).click()
  await expect(log(k)).toContainText('Ana recalled a message by Ben')
  await expect(log(k)).not.toContainText('I am late')
})

test('by keyboard alone: to a message, its menu, a reaction, and back', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ben.say(ana, 'first')
  await ben.say(ana, 'second')
  const page = await open(ana)
  await chatWith(page, 'Ben')
  await expect(log(page)).toContainText('second')
  await log(page).focus()
  await page.keyboard.press('ArrowUp')
  await expect(row(page, 'second')).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(row(page, 'first')).toBeFocused()
  await expect(row(page, 'first')).toHaveAttribute('aria-label', /^Ben, .*, first$/)
  await page.keyboard.press('Shift+F10')
  await expect(menu(page).getByRole('menuitem', { name: 'Reply' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(row(page, 'first')).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await expect(row(page, 'first').locator('.chip')).toContainText('👍1')
})

test('a message with a time of its own vanishes', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  await expect(log(page)).toBeVisible()
  await ana.say(ben, 'for your eyes only', { ttl: 5 })
  await expect(log(page)).toContainText('for your eyes only')
  await expect(log(page)).not.toContainText('for your eyes only', { timeout: 15_000 })
})

test('mentions and links are shown, and a link is one only where it is safe', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  const group = await ana.group('Tea', ben, kim)
  await ana.say(group, '@Ben see https://example.com/tea and javascript:alert(1)', { at: [ben.email] })
  const page = await open(ben, { path: `/#/chats/11/${group}` })
  await expect(row(page, 'see').locator('.mention.me')).toHaveText('@Ben')
  const links = row(page, 'see').locator('a')
  await expect(links).toHaveCount(1)
  await expect(links).toHaveAttribute('href', 'https://example.com/tea')
  await expect(links).toHaveAttribute('rel', 'noopener noreferrer')
  await expect(links).toHaveAttribute('target', '_blank')
})

test('a finger that stays opens the menu, one that moves does not', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ben.say(ana, 'hold me')
  const page = await open(ana, { path: `/#/chats/10/${ben.email}`, viewport: { width: 360, height: 720 }, hasTouch: true })
  const bubble = row(page, 'hold me').locator('.bubble')
  const { x, y } = (await bubble.boundingBox())!
  const touch = { pointerType: 'touch', isPrimary: true, bubbles: true, clientX: x + 8, clientY: y + 8 }
  await bubble.dispatchEvent('pointerdown', touch)
  await bubble.dispatchEvent('pointermove', { ...touch, clientY: y + 60 })
  await bubble.dispatchEvent('pointerup', touch)
  await bubble.dispatchEvent('pointerdown', touch)
  await expect(menu(page)).toHaveCount(1)
  await bubble.dispatchEvent('pointerup', touch)
  await menu(page).getByRole('menuitem', { name: 'Select' }).click()
  await expect(page.getByText('1 selected')).toBeVisible()
  await picture(page, 'select-phone')
})

test('where a message was recalled, its place can be taken from the screen', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  const { seq } = await ben.say(ana, 'soon gone')
  await ben.post('/msg/recall', { chat: 10, dstObj: ana.email, seq })
  const page = await open(ana, { path: `/#/chats/10/${ben.email}` })
  await page.locator('[data-seq="1"] .words').click({ button: 'right' })
  await expect(menu(page).getByRole('menuitem')).toHaveText(['Delete for me'])
  await menu(page).getByRole('menuitem').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.locator('[data-seq="1"]')).toHaveCount(0)
})

test('what one can do with a message stands within the chat, however narrow that is', async ({ open, person }) => {
  const [ana, ben] = await pair(person)
  await ben.say(ana, 'a text as wide as a message may become in a chat, and then some more of it, so that it wraps')
  await ana.say(ben, 'an answer that is as wide as a message may become in a chat, and then some more of it, too')
  for (const [width, path] of [[768, ''], [1280, '?panel=details'], [1280, ''], [641, '']] as const) {
    const page = await open(ana, { viewport: { width, height: 700 }, path: `/#/chats/10/${encodeURIComponent(ben.email)}${path}` })
    for (const seq of [1, 2]) {
      await page.locator(`[data-seq="${seq}"] .bubble`).hover()
      const bar = (await page.locator(`[data-seq="${seq}"] .toolbar`).boundingBox())!
      const pane = (await log(page).boundingBox())!
      expect(bar.x, `${width}${path}, ${seq}`).toBeGreaterThanOrEqual(pane.x)
      expect(bar.x + bar.width, `${width}${path}, ${seq}`).toBeLessThanOrEqual(pane.x + pane.width)
    }
  }
})
