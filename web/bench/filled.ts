import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { Account } from '../e2e/fixtures.js'
import { BINARY, Server } from '../e2e/server.js'

/** bench/fill's accounts have this password, and are called `b<set><number>@b.im`. */
const FILLED_PASSWORD = 'bench123'

/** A server whose store has `users` people with 2 × `fan` chats each, and so many messages in them, a year's. */
export async function filledServer(users: number, fan: number, messages: number): Promise<Server> {
  const fill = join(dirname(BINARY), 'bench/fill')
  if (!existsSync(fill)) throw new Error(`${fill} is missing: build all of that directory`)
  const data = await mkdtemp(join(tmpdir(), 'im-web-bench-'))
  const words = ['--data', data, '--state', join(data, 'state'), '--users', users, '--fan', fan, '--messages', messages, '--text', 1]
  execFileSync(fill, words.map(String), { stdio: 'inherit' })
  return Server.over(data)
}

export function filledAccount(server: Server, number: number): Promise<Account> {
  return Account.login(server, `bf${number}@b.im`, FILLED_PASSWORD)
}

/** Every page of this context is logged in as that account from its first line on. */
export async function logIn(context: BrowserContext, account: Account): Promise<void> {
  const saved = JSON.stringify({ token: account.token, me: { email: account.email, uname: account.name, avatar: '' } })
  await context.addInitScript((text) => localStorage.setItem('im.session', text), saved)
}

/** Milliseconds from the beginning of the navigation to the frame that shows a message, and to the one that shows the
 * list of chats. */
export interface Opening {
  message: number
  chats: number
}

/** To be added before a page is opened: notes when the first message and the first conversation are drawn. */
export async function watchOpening(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const seen: Record<string, number> = {}
    Object.assign(globalThis, { opening: seen })
    const wanted = { message: '.vlist.placed [data-seq]', chats: '[data-chat]' }
    function look(): void {
      for (const [name, selector] of Object.entries(wanted))
        if (!(name in seen) && document.querySelector(selector) !== null) {
          seen[name] = 0
          // Two frames later it has been drawn.
          requestAnimationFrame(() => requestAnimationFrame((now) => (seen[name] = now)))
        }
      if (Object.keys(wanted).some((name) => !seen[name])) requestAnimationFrame(look)
    }
    look()
  })
}

export async function openingOf(page: Page): Promise<Opening> {
  const handle = await page.waitForFunction(() => {
    const { message, chats } = (globalThis as unknown as { opening: Partial<Opening> }).opening
    return message && chats ? { message, chats } : false
  })
  return (await handle.jsonValue()) as Opening
}

const rows: string[] = []

/** A row of the table, and a line of what the run left. */
export async function tell(work: string, goal: string, measured: string): Promise<void> {
  rows.push(`| ${work} | ${goal} | ${measured} |`)
  const lines = ['| work | goal | measured |', '|---|---|---|', ...rows, '', `load average at the end: ${loadavg()[0]!.toFixed(1)}`, '']
  await writeFile(join(import.meta.dirname, '../../build/web-bench.md'), lines.join('\n'))
  console.log(rows.at(-1))
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
