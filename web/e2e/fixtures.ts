import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test as base, expect, type Browser, type BrowserContextOptions, type Page } from '@playwright/test'
import { Server } from './server.js'

export { expect } from '@playwright/test'
export const PASSWORD = 'abc123'
const SCREENSHOTS = join(import.meta.dirname, '../../build/screenshots')

let made = 0

/** An account, spoken for over REST: what a test needs to be there without clicking it together. */
export class Account {
  token = ''

  private constructor(
    readonly server: Server,
    readonly email: string,
    readonly name: string,
  ) {}

  static async register(server: Server, name: string): Promise<Account> {
    const account = new Account(server, `${name.toLowerCase().replace(/[^a-z0-9]/g, '').slice(0, 20) || 'user'}${++made}.${process.pid}@example.com`, name)
    const user = await account.post<{ token: string }>('/user/register', { email: account.email, password: PASSWORD, uname: name })
    account.token = user.token
    return account
  }

  static async login(server: Server, email: string, password: string): Promise<Account> {
    const account = new Account(server, email, email)
    account.token = (await account.post<{ token: string }>('/user/login', { email, password })).token
    return account
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.server.url + path, {
      method,
      headers: { email: this.email, token: this.token, v: '2', 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { code: number; msg: string; data: T }
    if (answer.code !== 0) throw new Error(`${path}: ${answer.code} ${answer.msg}`)
    return answer.data
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path)
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call('POST', path, body)
  }

  put<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call('PUT', path, body)
  }

  /** Uploads bytes; the address that a message's content holds. */
  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const response = await fetch(`${this.server.url}/file/upload?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { email: this.email, token: this.token, v: '2' },
      body: bytes as BodyInit,
    })
    const answer = (await response.json()) as { code: number; msg: string; data: { url: string } }
    if (answer.code !== 0) throw new Error(`upload of ${name}: ${answer.code} ${answer.msg}`)
    return answer.data.url
  }

  befriend(other: Account): Promise<unknown> {
    return this.post('/contact/request', { dstObj: other.email })
  }

  say(to: Account | string, content: string, more: object = {}): Promise<{ seq: number }> {
    const where = typeof to === 'string' ? { chat: 11, dstObj: to } : { chat: 10, dstObj: to.email }
    return this.post('/msg/send', { ...where, content, ...more })
  }

  async group(name: string, ...members: Account[]): Promise<string> {
    const group = await this.post<{ id: number }>('/community/create', { name, icon: '', memo: '', members: members.map(({ email }) => email) })
    return String(group.id)
  }
}

/** A browser of its own, with what its console complained about. */
export class Screen {
  readonly problems: string[] = []

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.problems.push(message.text())
    })
    page.on('pageerror', (error) => this.problems.push(String(error)))
  }
}

interface Fixtures {
  server: Server
  person: (name: string) => Promise<Account>
  /** Opens the client in a browser of its own; with an account, logged in. At the end no console may have complained,
   * unless the test says which complaints belong to it. `server`: another one than the tests' own. */
  open: (account?: Account, options?: BrowserContextOptions & { complaints?: RegExp; path?: string; server?: Server }) => Promise<Page>
}

export const test = base.extend<Fixtures, { sharedServer: Server }>({
  sharedServer: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = await Server.start()
      await use(server)
      await server.remove()
    },
    { scope: 'worker' },
  ],
  server: async ({ sharedServer }, use) => use(sharedServer),
  person: async ({ server }, use) => use((name) => Account.register(server, name)),
  open: async ({ browser, server }, use) => {
    const opened: { screen: Screen; complaints: RegExp | undefined; close: () => Promise<void> }[] = []
    await use(async (account, { complaints, path = '/', server: other, ...options } = {}) => {
      const context = await (browser as Browser).newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options })
      const page = await context.newPage()
      opened.push({ screen: new Screen(page), complaints, close: () => context.close() })
      if (account) {
        const saved = JSON.stringify({ token: account.token, me: { email: account.email, uname: account.name, avatar: '' } })
        await page.addInitScript((text) => {
          if (localStorage.getItem('im.test') === null) localStorage.setItem('im.session', text)
          localStorage.setItem('im.test', '1')
        }, saved)
      }
      await page.goto(`${(other ?? server).url}/${path.replace(/^\//, '')}`)
      return page
    })
    for (const { close } of opened) await close()
    for (const { screen, complaints } of opened) expect(screen.problems.filter((text) => !complaints?.test(text))).toEqual([])
  },
})

/** Leaves a picture of the screen under build/screenshots. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}
