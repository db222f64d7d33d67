import { expect, test, type CDPSession, type Page } from '@playwright/test'
import type { Account } from '../e2e/fixtures.js'
import type { Server } from '../e2e/server.js'
import { filledAccount, filledServer, logIn, tell } from './filled.js'

/** Pixels a second: three screens, far more than anybody reads. */
const SPEED = 2400
const SECONDS = 12
const MESSAGES = 100_000
const GOAL_FPS = 50

let server: Server
let account: Account
test.beforeAll(async () => {
  server = await filledServer(3, 1, 3 * MESSAGES)
  account = await filledAccount(server, 0)
})
test.afterAll(() => server.remove())

interface TraceEvent {
  name: string
  ts: number
  args?: { frame_reporter?: { state?: string }; chrome_frame_reporter?: { state?: string } }
}

/** Frames that Chromium's compositor drew and those it dropped, by its own trace, while `work` runs. */
async function traced(cdp: CDPSession, work: () => Promise<void>): Promise<{ drawn: number; partial: number; dropped: number }> {
  const events: TraceEvent[] = []
  const take = ({ value }: { value: unknown[] }) => events.push(...(value as TraceEvent[]))
  cdp.on('Tracing.dataCollected', take)
  const done = new Promise<void>((resolve) => cdp.once('Tracing.tracingComplete', () => resolve()))
  await cdp.send('Tracing.start', { traceConfig: { includedCategories: ['cc', 'benchmark', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline.frame'], excludedCategories: ['*'] } })
  await work()
  await cdp.send('Tracing.end')
  await done
  cdp.off('Tracing.dataCollected', take)
  const states = events
    .filter(({ name }) => name === 'PipelineReporter')
    .map(({ args }) => (args?.frame_reporter ?? args?.chrome_frame_reporter)?.state ?? '')
  const count = (state: RegExp) => states.filter((one) => state.test(one)).length
  return { drawn: count(/PRESENTED_ALL/), partial: count(/PRESENTED_PARTIAL/), dropped: count(/DROPPED/) }
}

/** Frames that the page itself was given, and the longest time between two. */
async function framesOf(page: Page, work: () => Promise<void>): Promise<{ fps: number; longest: number; late: number }> {
  await page.evaluate(() => {
    const times: number[] = []
    Object.assign(globalThis, { frameTimes: times, counting: true })
    const look = (now: number) => {
      times.push(now)
      if ((globalThis as unknown as { counting: boolean }).counting) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await work()
  const times = await page.evaluate(() => {
    Object.assign(globalThis, { counting: false })
    return (globalThis as unknown as { frameTimes: number[] }).frameTimes
  })
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  return { fps: (gaps.length * 1000) / (times.at(-1)! - times[0]!), longest: Math.max(...gaps), late: gaps.filter((gap) => gap > 50).length }
}

const seqs = (page: Page) => page.getByRole('log').locator('[data-seq]').evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset['seq'])))

test('100,000 messages: the wheel through them, at the end, in the middle and at the beginning', async ({ browser }) => {
  const { convs } = await account.get<{ convs: { chat: number; dstObj: string; head: number }[] }>('/conv/list')
  const chat = convs[0]!
  // Else it opens at its first unread message, which is the first of all.
  await account.post('/conv/read', { chat: chat.chat, dstObj: chat.dstObj, seq: chat.head })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  await logIn(context, account)
  const page = await context.newPage()
  await page.goto(`${server.url}/#/chats/${chat.chat}/${encodeURIComponent(chat.dstObj)}`)
  await expect(page.locator('.vlist.placed')).toBeVisible()
  const cdp = await context.newCDPSession(page)
  const box = (await page.getByRole('log').boundingBox())!
  const found: number[] = []
  for (const [name, at, up] of [
    ['from the newest back', 0, true],
    ['in the middle, back', MESSAGES / 2, true],
    ['in the middle, onwards', MESSAGES / 2, false],
    ['at the beginning, onwards', 2, false],
    ['from the newest back, with all code run before', -1, true],
  ] as const) {
    if (at < 0) await page.getByRole('button', { name: /^To the newest message/ }).click()
    if (at > 0) {
      await page.evaluate((seq) => (location.hash = `${location.hash.replace(/\?.*/, '')}?at=${seq}`), at)
      await expect(page.locator(`[data-seq="${at}"]`)).toBeInViewport()
    }
    await page.waitForTimeout(1500)
    const before = await seqs(page)
    let frames = { drawn: 0, partial: 0, dropped: 0 }
    const own = await framesOf(page, async () => {
      frames = await traced(cdp, async () => {
        await cdp.send('Input.synthesizeScrollGesture', {
          x: box.x + box.width / 2, y: box.y + box.height / 2, yDistance: (up ? 1 : -1) * SPEED * SECONDS, speed: SPEED, gestureSourceType: 'mouse', preventFling: true,
        })
      })
    })
    const after = await seqs(page)
    const passed = up ? Math.max(...before) - Math.min(...after) : Math.max(...after) - Math.min(...before)
    expect(passed).toBeGreaterThan(100) // Frames of a list that stands still say nothing.
    found.push(own.fps)
    await tell(`100,000 messages, ${name}, ${SECONDS} s of ${SPEED} px/s`, '≥ 50 frames/s',
      `${own.fps.toFixed(1)} frames/s (${passed} messages passed; longest frame ${Math.round(own.longest)} ms, ${own.late} over 50 ms; compositor: ${frames.drawn + frames.partial} drawn, ${frames.dropped} dropped)`)
  }
  await context.close()
  expect(Math.min(...found)).toBeGreaterThanOrEqual(GOAL_FPS)
})
