import { setTimeout } from 'node:timers/promises'
import { expect, test, type CDPSession, type Page } from '@playwright/test'
import { Account } from '../e2e/fixtures.js'
import { Server } from '../e2e/server.js'
import { logIn, tell } from './filled.js'

const FIRST = 1000
const ALL = 10_000
const AT_ONCE = 8
/** Over so long they are spread; 0: as fast as they go. */
const MINUTES = Number(process.env['IM_MINUTES'] ?? 0)
/** What a heap may grow by, of what it was. */
const GROWTH = 1.25

let server: Server
test.beforeAll(async () => {
  server = await Server.start()
})
test.afterAll(() => server.remove())

interface Memory {
  heap: number
  nodes: number
  listeners: number
}

/** All that the page wants to keep is kept: transactions come in order. */
async function written(page: Page): Promise<void> {
  await page.waitForFunction(async () => (await indexedDB.databases()).some(({ name }) => name?.startsWith('im:')))
  await page.evaluate(async () => {
    const name = (await indexedDB.databases()).find((one) => one.name?.startsWith('im:'))!.name!
    const db = await new Promise<IDBDatabase>((done, fail) => {
      const asked = indexedDB.open(name)
      asked.onsuccess = () => done(asked.result)
      asked.onerror = () => fail(asked.error!)
    })
    await new Promise<void>((done) => {
      const tx = db.transaction([...db.objectStoreNames], 'readwrite')
      tx.oncomplete = () => done()
      tx.objectStore('meta').get('nothing')
    })
    db.close()
  })
}

/** Bytes of all that can be reached, by a heap snapshot: JSHeapUsedSize also counts what IndexedDB's transactions leave
 * behind until a collection of both heaps, V8's and the document's, which only memory pressure or a snapshot brings. */
async function reachable(cdp: CDPSession): Promise<number> {
  const chunks: string[] = []
  const take = ({ chunk }: { chunk: string }) => chunks.push(chunk)
  cdp.on('HeapProfiler.addHeapSnapshotChunk', take)
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  cdp.off('HeapProfiler.addHeapSnapshotChunk', take)
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as { snapshot: { meta: { node_fields: string[] } }; nodes: number[] }
  const { node_fields: fields } = snapshot.meta
  const size = fields.indexOf('self_size')
  let bytes = 0
  for (let at = 0; at < nodes.length; at += fields.length) bytes += nodes[at + size]!
  return bytes
}

async function memoryOf(page: Page, cdp: CDPSession): Promise<Memory> {
  await written(page)
  await page.waitForTimeout(5000) // What was to be done with it is done.
  await cdp.send('HeapProfiler.collectGarbage')
  const heap = await reachable(cdp)
  const { metrics } = await cdp.send('Performance.getMetrics')
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0
  return { heap, nodes: of('Nodes'), listeners: of('JSEventListeners') }
}

test.setTimeout(1_800_000 + MINUTES * 60_000)

const text = (n: number) => `message ${n}${' and some words more of it'.repeat(n % 5)}`

async function traffic(from: number, to: number, senders: { who: Account; to: Account | string }[]): Promise<void> {
  let next = from
  const begin = Date.now()
  const some = async () => {
    for (let n = next++; n < to; n = next++) {
      await setTimeout(begin + ((n - from) / ALL) * MINUTES * 60_000 - Date.now())
      const { who, to } = senders[n % senders.length]!
      await who.say(to, text(n))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, some))
}

for (const [name, watching] of [
  ['in the chat that is looked at, and in four others', true],
  ['in five chats, the list alone open', false],
] as const)
  test(`10,000 messages come ${name}`, async ({ browser }) => {
    const ana = await Account.register(server, 'Ana')
    const others = await Promise.all(['Ben', 'Kim', 'Lea', 'Max'].map((one) => Account.register(server, one)))
    for (const other of others) await ana.befriend(other)
    const group = await ana.group('All of us', ...others)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    await logIn(context, ana)
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Performance.enable')
    await page.goto(`${server.url}/#/chats${watching ? `/11/${group}` : ''}`)
    await expect(page.getByRole('link', { name: /All of us/ })).toBeVisible()
    const senders = [...others.map((who) => ({ who, to: group as Account | string })), ...others.map((who) => ({ who, to: ana as Account | string }))]
    const settled = async (count: number) => {
      await traffic(count === FIRST ? 0 : FIRST, count, senders)
      // The one who speaks last is seen by the page.
      await others[0]!.say(group, `that was ${count}`)
      await expect(page.getByRole('link', { name: /All of us/ })).toContainText(`that was ${count}`, { timeout: 900_000 })
      return memoryOf(page, cdp)
    }
    const begin = await memoryOf(page, cdp)
    const early = await settled(FIRST)
    const late = await settled(ALL)
    const mb = ({ heap }: Memory) => (heap / 1e6).toFixed(1)
    await tell(`heap after ${ALL.toLocaleString('en')} messages ${name}`, `≤ ${GROWTH} × that after ${FIRST.toLocaleString('en')}`,
      `${mb(late)} MB, after ${FIRST.toLocaleString('en')} ${mb(early)}, before ${mb(begin)}: ${(late.heap / early.heap).toFixed(2)} × (${late.nodes} nodes, before ${early.nodes}; ${late.listeners} listeners, before ${early.listeners})`)
    await context.close()
    expect(late.heap).toBeLessThan(early.heap * GROWTH)
    expect(late.nodes).toBeLessThan(early.nodes * 1.5)
  })
