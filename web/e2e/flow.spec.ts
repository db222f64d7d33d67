import type { Page } from '@playwright/test'
import { Account, expect, PASSWORD, picture, test } from './fixtures.js'
import { Server } from './server.js'

const COMPOSER = 'Write a message'

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel(COMPOSER).fill(text)
  await page.keyboard.press('Enter')
}

async function contents(reader: Account, other: Account): Promise<string[]> {
  const found: string[] = []
  for (let from = 1, more = true; more; ) {
    const page = await reader.get<{ msgs: { content: string; seq: number }[]; more: boolean }>(`/msg/pull?chat=10&dstObj=${other.email}&from=${from}&limit=200`)
    found.push(...page.msgs.map(({ content }) => content))
    more = page.more
    from = (page.msgs.at(-1)?.seq ?? 0) + 1
  }
  return found
}

test('a server that is killed in the middle of sending loses nothing and doubles nothing', async ({ open }) => {
  test.slow()
  const server = await Server.start()
  try {
    const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
    await ana.befriend(ben)
    const complaints = /WebSocket|Failed to load resource|ERR_CONNECTION_REFUSED/
    const [a, b] = [await open(ana, { complaints }), await open(ben, { complaints })]
    await a.goto(`${server.url}/#/chats/10/${ben.email}`)
    await b.goto(`${server.url}/#/chats/10/${ana.email}`)
    const sent: string[] = []
    for (let i = 0; i < 24; i++) {
      sent.push(`message ${i}`)
      await say(a, `message ${i}`)
      if (i === 8 || i === 16) {
        await server.end('SIGKILL')
        await a.waitForTimeout(300) // What is typed meanwhile waits.
      }
      if (i === 11 || i === 19) await server.begin()
    }
    await expect(b.getByRole('log').getByText('message 23', { exact: true })).toBeVisible({ timeout: 40_000 })
    await expect.poll(() => contents(ben, ana), { timeout: 20_000 }).toEqual(sent)
    for (const text of ['message 9', 'message 17', 'message 23']) await expect(b.getByRole('log').getByText(text, { exact: true })).toHaveCount(1)
  } finally {
    await server.remove()
  }
})

test('two tabs of one user are two devices that see the same', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Hello, both of you')
  const one = await open(ana, { path: `/#/chats/10/${ben.email}` })
  await expect(one.getByRole('log').getByText('Hello, both of you')).toBeVisible()
  const two = await one.context().newPage()
  await two.goto(`${ana.server.url}/#/chats/10/${ben.email}`)
  await expect(two.getByRole('log').getByText('Hello, both of you')).toBeVisible()
  await say(one, 'from the first')
  await say(two, 'from the second')
  for (const page of [one, two])
    for (const text of ['from the first', 'from the second']) await expect(page.getByRole('log').getByText(text, { exact: true })).toHaveCount(1)
  await one.close()
  await ben.say(ana, 'still there?')
  await expect(two.getByRole('log').getByText('still there?')).toBeVisible()
  expect(await contents(ben, ana)).toEqual(['Hello, both of you', 'from the first', 'from the second', 'still there?'])
})

test('what a closed tab could not send, another one sends', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const one = await open(ana, { path: `/#/chats/10/${ben.email}`, complaints: /ERR_INTERNET_DISCONNECTED/ })
  await expect(one.getByLabel(COMPOSER)).toBeVisible()
  await one.evaluate(() => navigator.serviceWorker.ready)
  await one.context().setOffline(true)
  await say(one, 'written in a tunnel')
  await expect(one.getByRole('log').getByText('written in a tunnel')).toBeVisible()
  const two = await one.context().newPage()
  await one.close()
  await two.context().setOffline(false)
  await two.goto(`${ana.server.url}/#/chats`)
  await expect.poll(() => contents(ben, ana), { timeout: 20_000 }).toEqual(['written in a tunnel'])
})

test('by keyboard alone: log in, choose a chat, write', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Can you do it without a mouse?')
  const page = await open(undefined, { path: '/#/login' })
  const { keyboard } = page
  await expect(page.getByLabel('Email')).toBeVisible()
  async function tabTo(what: string): Promise<void> {
    for (let i = 0; i < 40; i++) {
      const label = await page.evaluate(() => {
        const element = document.activeElement
        if (element === document.body) return '' // Nothing has the focus; its text would be all of the page.
        return `${element?.getAttribute('aria-label') ?? ''} ${element?.closest('label')?.innerText ?? ''} ${(element as HTMLElement | null)?.innerText ?? ''}`
      })
      if (label.includes(what)) return
      await keyboard.press('Tab')
    }
    throw new Error(`Tab never comes to ${what}`)
  }
  await tabTo('Email')
  await keyboard.type(ana.email)
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await expect(page.getByText('Can you do it without a mouse?')).toBeVisible()
  await tabTo('Can you do it without a mouse?')
  await keyboard.press('Enter')
  await expect(page.getByRole('log').getByText('Can you do it without a mouse?')).toBeVisible()
  await tabTo(COMPOSER)
  await keyboard.type('Of course.')
  await keyboard.press('Enter')
  await expect(page.getByRole('log').getByText('Of course.')).toBeVisible()
  await expect.poll(() => contents(ben, ana)).toEqual(['Can you do it without a mouse?', 'Of course.'])
})

test('on a phone: a list, a chat in front of it, and back', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, 'Small enough?')
  const page = await open(ana, { viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true })
  await picture(page, 'phone-chats')
  await page.getByRole('link', { name: /Ben/ }).tap()
  await expect(page.getByRole('log').getByText('Small enough?')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeHidden()
  await page.getByLabel(COMPOSER).fill('Just right.')
  await page.getByRole('button', { name: 'Send' }).tap()
  await expect(page.getByRole('log').getByText('Just right.')).toBeVisible()
  await picture(page, 'phone-chat')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await page.getByRole('link', { name: 'Back' }).tap()
  await expect(page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible()
})
