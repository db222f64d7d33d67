import { expect, test, type Browser } from '@playwright/test'
import type { Account } from '../e2e/fixtures.js'
import type { Server } from '../e2e/server.js'
import { filledAccount, filledServer, logIn, median, openingOf, tell, watchOpening, type Opening } from './filled.js'

const RUNS = Number(process.env['RUNS'] ?? 5)
const GOAL_MS = 1000

let server: Server
let account: Account
let path: string
test.beforeAll(async () => {
  server = await filledServer(501, 250, 501_000)
  account = await filledAccount(server, 0)
  const { convs } = await account.get<{ convs: { chat: number; dstObj: string }[] }>('/conv/list?limit=100')
  path = `/#/chats/${convs[0]!.chat}/${encodeURIComponent(convs[0]!.dstObj)}`
})
test.afterAll(() => server.remove())

async function tellOf(work: string, found: Opening[]): Promise<void> {
  const line = (key: keyof Opening) => {
    const values = found.map((one) => one[key])
    return `${Math.round(Math.min(...values))} ms at best, ${Math.round(median(values))} in the middle, ${Math.round(Math.max(...values))} at worst`
  }
  await tell(`${work}: first message visible`, '< 1 s', line('message'))
  await tell('… first row of the list of chats visible', '', line('chats'))
}

/** A browser that was never here: no client, no messages, no compiled code. */
async function cold(browser: Browser): Promise<Opening> {
  const context = await browser.newContext()
  await logIn(context, account)
  await watchOpening(context)
  const page = await context.newPage()
  await page.goto(server.url + path)
  const found = await openingOf(page)
  await context.close()
  return found
}

test('500 chats, a browser that was never here', async ({ browser }) => {
  const found: Opening[] = []
  for (let run = 0; run <= RUNS; run++) found.push(await cold(browser))
  found.shift() // Now the server and the disk are warm.
  await tellOf(`500 chats, ${RUNS} runs, nothing cached in the browser`, found)
  expect(Math.min(...found.map(({ message }) => message))).toBeLessThan(GOAL_MS)
})

test('500 chats, a browser that was here before', async ({ browser }) => {
  const context = await browser.newContext()
  await logIn(context, account)
  await watchOpening(context)
  const first = await context.newPage()
  await first.goto(server.url + path)
  await first.evaluate(() => navigator.serviceWorker.ready)
  await expect(first.getByRole('list', { name: /Chats/ }).getByRole('link').first()).toBeVisible()
  await first.waitForTimeout(3000) // What comes at leisure is kept.
  await first.close()
  const found: Opening[] = []
  for (let run = 0; run < RUNS; run++) {
    const page = await context.newPage()
    await page.goto(server.url + path)
    found.push(await openingOf(page))
    await page.waitForTimeout(1000)
    await page.close()
  }
  await context.close()
  await tellOf(`500 chats, ${RUNS} runs, from IndexedDB and the service worker's cache`, found)
  expect(Math.min(...found.map(({ message }) => message))).toBeLessThan(GOAL_MS)
})
