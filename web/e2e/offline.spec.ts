import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { Account, expect, picture, test } from './fixtures.js'
import { Server } from './server.js'

test.setTimeout(120_000)

/** What a browser says of a connection that was cut on purpose. */
const CUT = /ERR_|WebSocket|Failed to load resource/
const BAR = 'Offline. What you send now goes out as soon as there is a connection.'
const log = (page: Page) => page.getByRole('log')
const box = (page: Page) => page.getByLabel('Write a message')
const chatWith = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`

async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text)
  await page.keyboard.press('Enter')
}

async function contents(reader: Account, other: Account): Promise<string[]> {
  const { msgs } = await reader.get<{ msgs: { content: string }[] }>(`/msg/pull?chat=10&dstObj=${other.email}&from=1&limit=200`)
  return msgs.map(({ content }) => content)
}

test('a server that goes away is told by a bar, and what is written meanwhile goes out once, in order, to each chat', async ({ open }) => {
  const server = await Server.start()
  try {
    const [ana, ben, kim] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben'), await Account.register(server, 'Kim')]
    await ana.befriend(ben)
    await ana.befriend(kim)
    await ben.say(ana, 'one')
    await kim.say(ana, 'two')
    const [page, b] = [await open(ana, { server, path: chatWith(ben), complaints: CUT }), await open(ben, { server, path: chatWith(ana), complaints: CUT })]
    for (const one of [page, b]) {
      await expect(log(one).getByText('one')).toBeVisible()
      await one.evaluate(() => navigator.serviceWorker.ready)
    }
    await expect(page.getByText(BAR)).toHaveCount(0)
    await server.end('SIGTERM')
    await expect(page.getByText(/^(Offline\.|Connecting)/)).toBeVisible()
    const sent = ['this', 'is', 'written', 'without', 'a server']
    for (const text of sent) await say(page, text)
    await expect(log(page).getByTitle('Sending')).toHaveCount(5)
    await picture(page, 'offline-desktop')
    await expectAccessible(page)
    await page.getByRole('link', { name: /Kim/ }).click()
    await say(page, 'and this to Kim')
    await expect(log(page).getByText('and this to Kim')).toBeVisible()
    await server.begin()
    await expect(page.getByText(/^(Offline\.|Connecting)/)).toHaveCount(0, { timeout: 40_000 })
    await expect(log(page).getByTitle('Sending')).toHaveCount(0, { timeout: 20_000 })
    await expect.poll(() => contents(ben, ana)).toEqual(['one', ...sent])
    await expect.poll(() => contents(kim, ana)).toEqual(['two', 'and this to Kim'])
    await expect(log(b).getByText('a server', { exact: true })).toBeVisible({ timeout: 40_000 })
    for (const text of sent) await expect(log(b).getByText(text, { exact: true })).toHaveCount(1)
  } finally {
    await server.remove()
  }
})

test('on a phone, in the dark: the bar leaves the chat in its place', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Where are you?')
  const page = await open(ana, { path: chatWith(ben), viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true, colorScheme: 'dark', complaints: CUT })
  await expect(log(page).getByText('Where are you?')).toBeVisible()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.reload()
  await expect(page.getByText(BAR)).toBeVisible()
  await expect(log(page).getByText('Where are you?')).toBeInViewport()
  await expect(box(page)).toBeInViewport()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await picture(page, 'offline-phone-dark')
  await expectAccessible(page)
  await page.context().setOffline(false)
  await expect(page.getByText(BAR)).toHaveCount(0, { timeout: 40_000 })
})

test('what was said while one was away is all there, counted, and without a gap', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'before')
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(log(page).getByText('before')).toBeVisible()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.goto(`${ana.server.url}/#/chats`)
  await page.reload()
  await expect(page.getByText(BAR)).toBeVisible()
  for (let n = 1; n <= 150; n++) await ben.say(ana, `while away ${n}`)
  await page.context().setOffline(false)
  const conversation = page.getByRole('link', { name: /Ben/ })
  await expect(conversation.getByLabel('150 unread')).toBeVisible({ timeout: 40_000 })
  await expect(conversation).toContainText('while away 150')
  await conversation.click()
  await expect(page.getByText('New messages')).toBeInViewport()
  await expect(log(page).getByText('while away 1', { exact: true })).toBeInViewport()
  await page.getByRole('button', { name: /^To the newest message/ }).click()
  await expect(log(page).getByText('while away 150')).toBeInViewport()
  await expect(conversation.getByLabel(/unread/)).toHaveCount(0)
})

test('what the server refuses stays, says why, survives a reload, and is sent again or discarded', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Write to me')
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(log(page).getByText('Write to me')).toBeVisible()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.reload()
  await say(page, 'the first')
  await say(page, 'the second')
  await ben.post('/contact/block', { dstObj: ana.email })
  await page.context().setOffline(false)
  const refused = log(page).getByRole('alert')
  await expect(refused).toHaveCount(2, { timeout: 40_000 })
  await expect(refused.first()).toContainText('Not sent')
  await picture(page, 'message-refused')
  await expectAccessible(page)
  await page.reload()
  await expect(refused).toHaveCount(2)
  await refused.first().getByRole('button', { name: 'Discard' }).click()
  await expect(refused).toHaveCount(1)
  await ben.post('/contact/unblock', { dstObj: ana.email })
  await refused.getByRole('button', { name: 'Send again' }).click()
  await expect(refused).toHaveCount(0)
  await expect.poll(() => contents(ben, ana)).toEqual(['Write to me', 'the second'])
})

test('a draft that was typed without a network is on the other device when it is back', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Well?')
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(log(page).getByText('Well?')).toBeVisible()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.reload()
  await box(page).fill('I am under a hill and')
  await page.reload()
  await expect(box(page)).toHaveValue('I am under a hill and')
  await page.context().setOffline(false)
  const other = await open(ana)
  await expect(other.getByRole('link', { name: /Ben/ })).toContainText('I am under a hill and', { timeout: 40_000 })
})

test('a browser that was never here shows its chats before the connection is there, and is whole after it', async ({ open, person, server }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const group = await ana.group('The boat', ben)
  for (let i = 1; i <= 3; i++) await ben.say(ana, `before ${i}`)
  await ben.say(group, 'on board')
  const page = await open(ana)
  let release = (): void => undefined
  const held = new Promise<void>((done) => (release = done))
  await page.context().route('**/user/ticket', async (route) => {
    await held
    await route.continue()
  })
  await page.context().route('**/conv/list*', async (route) => {
    await page.getByLabel('Write a message').waitFor() // The screen of the chat is there before the list answers.
    await route.continue()
  })
  await page.goto(`${server.url}/#/chats/10/${ben.email}`)
  const row = page.locator(`[data-chat="10:${ben.email}"]`)
  await expect(row).toContainText('before 3')
  await expect(row).toContainText('Ben')
  await expect(page.getByRole('log')).toContainText('before 1')
  const boat = page.locator(`[data-chat="11:${group}"]`)
  await expect(boat).toContainText('on board')
  await expect(boat).toContainText('The boat')
  await expect(boat.getByLabel('1 unread')).toBeVisible()
  await ben.say(ana, 'while it was on its way')
  await ben.say(group, 'in the group, too')
  release()
  await expect(page.getByRole('log')).toContainText('while it was on its way')
  await expect(boat).toContainText('in the group, too')
  await expect(boat.getByLabel('2 unread')).toBeVisible()
  expect(await page.getByRole('log').locator('[data-seq]').count()).toBe(4)
})
