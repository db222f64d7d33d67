import type { Page, Route } from '@playwright/test'
import { expect, PASSWORD, test, type Account } from './fixtures.js'

const log = (page: Page) => page.getByRole('log')
const list = (page: Page) => page.getByRole('list', { name: 'Chats' })
const pathOf = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`

/** Calls to an address of the server wait until they are let go. */
async function held(page: Page, path: RegExp): Promise<() => Promise<void>> {
  const waiting: Route[] = []
  let open = false
  await page.route(path, (route) => (open ? route.continue() : void waiting.push(route)))
  return async () => {
    open = true
    await Promise.all(waiting.splice(0).map((route) => route.continue()))
  }
}

test('the first picture waits neither for the connection nor for IndexedDB, nor for the client to be kept', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Good morning')
  const page = await open(ana, { path: '/#/settings' })
  await page.context().addInitScript(() => {
    const calls: { what: string; drawn: boolean }[] = []
    Object.assign(globalThis, { calls })
    const note = (what: string) => calls.push({ what, drawn: document.querySelector('.vlist.placed [data-seq]') !== null })
    const { open } = IDBFactory.prototype
    IDBFactory.prototype.open = function (...args) {
      note('IndexedDB')
      return open.apply(this, args)
    }
    const { register } = ServiceWorkerContainer.prototype
    ServiceWorkerContainer.prototype.register = function (...args) {
      note('service worker')
      return register.apply(this, args)
    }
    globalThis.WebSocket = new Proxy(WebSocket, {
      construct: (target, args: [string]) => {
        note('connection')
        return new target(...args)
      },
    })
  })
  const second = await page.context().newPage()
  await second.goto(ana.server.url + pathOf(ben))
  await expect(log(second).getByText('Good morning')).toBeVisible()
  await expect(list(second).getByRole('link', { name: /Ben/ })).toContainText('Good morning')
  const calls = () => second.evaluate(() => (globalThis as unknown as { calls: { what: string; drawn: boolean }[] }).calls)
  await expect.poll(async () => [...new Set((await calls()).map(({ what }) => what))].sort()).toEqual(['IndexedDB', 'connection', 'service worker'])
  expect((await calls()).filter(({ drawn }) => !drawn)).toEqual([])
  // And everything else is there afterwards.
  await second.getByLabel('Write a message').fill('Good evening')
  await second.keyboard.press('Enter')
  await expect(log(second).getByText('Good evening')).toBeVisible()
  await expect(log(second).getByTitle('Sending')).toHaveCount(0)
})

test('what comes between the first picture and the connection is there once, in a browser that is new and in one that is not', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'first 1')
  const page = await open(ana, { path: '/#/settings' })
  const said = ['first 1']
  for (const visit of ['new', 'again', 'once more']) {
    const again = await page.context().newPage()
    const connect = await held(again, /\/user\/ticket/)
    const before = `before it, ${visit}`
    await ben.say(ana, before)
    await again.goto(ana.server.url + pathOf(ben))
    await expect(log(again).getByText(before)).toBeVisible()
    const meanwhile = [`meanwhile 1, ${visit}`, `meanwhile 2, ${visit}`, `meanwhile 3, ${visit}`]
    for (const text of meanwhile) await ben.say(ana, text)
    await connect()
    said.push(before, ...meanwhile)
    await expect(log(again).getByText(meanwhile[2]!)).toBeVisible()
    await ben.say(ana, `live, ${visit}`)
    said.push(`live, ${visit}`)
    await expect(log(again).getByText(`live, ${visit}`)).toBeVisible()
    for (const text of said.slice(-5)) await expect(log(again).getByText(text, { exact: true })).toHaveCount(1)
    await expect(list(again).getByRole('link', { name: /Ben/ })).toContainText(`live, ${visit}`)
    await again.close()
  }
})

test('nothing of who was logged in shows to who logs in after him, however late the answer comes', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ben.say(ana, 'for Ana alone')
  await kim.befriend(ben)
  await ben.say(kim, 'for Kim')
  const page = await open(ana, { path: '/#/settings' })
  const other = await page.context().newPage()
  await page.close()
  const answer = await held(other, /\/(conv\/list|msg\/pull)\?/)
  await other.goto(ana.server.url + pathOf(ben))
  // The screens come without the answer, too.
  await expect(other.getByRole('navigation', { name: 'Main' })).toBeVisible()
  await other.goto(`${ana.server.url}/#/settings/account`)
  await other.getByRole('button', { name: 'Log out', exact: true }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Log out' }).click()
  await other.getByLabel('Email').fill(kim.email)
  await other.getByLabel('Password').fill(PASSWORD)
  await other.getByRole('button', { name: 'Log in' }).click()
  await expect(other.getByRole('navigation', { name: 'Main' })).toBeVisible()
  await answer()
  await expect(list(other).getByRole('link', { name: /Ben/ })).toContainText('for Kim')
  await expect(other.getByText('for Ana alone')).toHaveCount(0)
  await list(other).getByRole('link', { name: /Ben/ }).click()
  await expect(log(other).getByText('for Kim')).toBeVisible()
  await expect(other.getByText('for Ana alone')).toHaveCount(0)
})
