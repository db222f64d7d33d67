import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { Account, expect as soon, picture, test } from './fixtures.js'
import { Server } from './server.js'

/** Layout and scrolling take frames, and a busy machine has few. */
const expect = soon.configure({ timeout: 30_000 })
test.describe.configure({ timeout: 240_000 })

const log = (page: Page) => page.getByRole('log')
const row = (page: Page, seq: number) => log(page).locator(`[data-seq="${seq}"]`)
/** What takes the focus of a message. */
const focused = (page: Page, seq: number) => row(page, seq).locator('[data-message]')
const pathOf = (account: Account) => `/#/chats/10/${encodeURIComponent(account.email)}`

/** Says `count` messages, of different heights. */
async function fill(from: Account, to: Account | string, count: number): Promise<void> {
  let left = count
  const some = async () => {
    while (left-- > 0) await from.say(to, `message${' and a few words more'.repeat(left % 9 === 0 ? 20 : left % 4)}`)
  }
  await Promise.all(Array.from({ length: 16 }, some))
}

/** Seqs on the screen, from the top on, and where each begins. */
function visible(page: Page): Promise<{ seq: number; top: number }[]> {
  return log(page).evaluate((box) => {
    const frame = box.getBoundingClientRect()
    return [...box.querySelectorAll<HTMLElement>('[data-seq]')]
      .map((element) => ({ seq: Number(element.dataset['seq']), rect: element.getBoundingClientRect() }))
      .filter(({ rect }) => rect.bottom > frame.top && rect.top < frame.bottom)
      .map(({ seq, rect }) => ({ seq, top: rect.top }))
      .sort((a, b) => a.top - b.top)
  })
}

test('a long history scrolls to its beginning and back, without a gap and without a jump', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 1300)
  await ben.say(ana, 'read all of it')
  const page = await open(ben, { path: pathOf(ana) })
  await expect(row(page, 1301)).toBeInViewport()
  // What is on the screen moves by what is scrolled, whatever is loaded or cut meanwhile.
  const scroll = (by: number, until: number) =>
    log(page).evaluate(
      async (box, { by, until }) => {
        const look = () => {
          const frame = box.getBoundingClientRect()
          const rows = [...box.querySelectorAll<HTMLElement>('[data-seq]')].map((row) => ({ seq: Number(row.dataset['seq']), rect: row.getBoundingClientRect() }))
          return new Map(rows.filter(({ rect }) => rect.bottom > frame.top && rect.top < frame.bottom).map(({ seq, rect }) => [seq, rect.top]).sort(([a], [b]) => a! - b!) as [number, number][])
        }
        const wrong: string[] = []
        let before = look()
        for (let steps = 0; steps < 800 && !before.has(until); steps++) {
          // At the edge of what is loaded, more comes.
          const room = () => (by < 0 ? Math.max(by, -box.scrollTop) : Math.min(by, box.scrollHeight - box.clientHeight - box.scrollTop))
          for (let frames = 0; frames < 100 && room() !== by; frames++) await new Promise(requestAnimationFrame)
          before = look()
          const step = room()
          box.scrollBy({ top: step, behavior: 'instant' })
          for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
          const now = look()
          const seqs = [...now.keys()]
          if (seqs.some((seq, index) => seq !== seqs[0]! + index)) wrong.push(`gap: ${seqs}`)
          for (const [seq, top] of now) {
            const was = before.get(seq)
            if (was !== undefined && !now.has(until) && Math.abs(was - top - step) > 1) wrong.push(`${seq} moved by ${top - was}`)
          }
          before = now
        }
        return wrong
      },
      { by, until },
    )
  expect(await scroll(-600, 1)).toEqual([])
  await expect(row(page, 1)).toBeInViewport()
  expect(await scroll(600, 1301)).toEqual([])
  await expect(row(page, 1301)).toBeInViewport()
})

test('a chat opens at its first unread message, and is read as far as it was seen', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 20)
  await ben.say(ana, 'so far')
  await fill(ana, ben, 80)
  const page = await open(ben, { path: pathOf(ana) })
  await expect(page.getByText('New messages')).toBeInViewport()
  await expect(row(page, 22)).toBeInViewport()
  await expect(row(page, 101)).not.toBeInViewport()
  await picture(page, 'chat-first-unread')
  await expectAccessible(page)
  const conversation = page.getByRole('link', { name: /Ana/ })
  await expect(conversation.getByLabel(/^[1-7]\d unread$/)).toBeVisible()
  await page.getByRole('button', { name: /^To the newest message; \d+ new ones$/ }).click()
  await expect(row(page, 101)).toBeInViewport()
  await expect(conversation.getByLabel(/unread/)).toHaveCount(0)
})

test('who reads what is old is not torn away by what comes, and sees how much that is', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 100)
  await ben.say(ana, 'read')
  const page = await open(ben, { path: pathOf(ana) })
  await expect(row(page, 101)).toBeInViewport()
  await log(page).hover()
  await page.mouse.wheel(0, -900)
  await expect(page.getByRole('button', { name: 'To the newest message' })).toBeVisible()
  const before = await visible(page)
  await fill(ana, ben, 3)
  const down = page.getByRole('button', { name: 'To the newest message; 3 new ones' })
  await expect(down).toBeVisible()
  expect(await visible(page)).toEqual(before)
  await down.click()
  await expect(row(page, 104)).toBeInViewport()
  await ana.say(ben, 'and this follows by itself')
  await expect(row(page, 105)).toBeInViewport()
})

test('what comes while the window is not looked at is not read, and is marked as new', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ana.say(ben, 'one')
  const page = await open(ben, { path: pathOf(ana) })
  await expect(row(page, 1)).toBeVisible()
  const conversation = page.getByRole('link', { name: /Ana/ })
  await expect(conversation.getByLabel(/unread/)).toHaveCount(0)
  await page.evaluate(() => dispatchEvent(new Event('blur')))
  await ana.say(ben, 'two')
  await expect(row(page, 2)).toBeVisible()
  await expect(page.getByText('New messages')).toBeVisible()
  await expect(conversation.getByLabel('1 unread')).toBeVisible()
  await page.evaluate(() => dispatchEvent(new Event('focus')))
  await expect(conversation.getByLabel(/unread/)).toHaveCount(0)
})

test('an address with a seq goes to that message, far back too', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 300)
  const page = await open(ben, { path: `${pathOf(ana)}?at=40` })
  await expect(row(page, 40)).toBeInViewport()
  await expect(page.locator('.hit').locator('[data-seq="40"]')).toBeVisible()
  await expect(page).not.toHaveURL(/at=/)
  await page.evaluate(() => (location.hash += '?at=250'))
  await expect(row(page, 250)).toBeInViewport()
})

test('by keyboard alone: from message to message, to both ends', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 200)
  await ben.say(ana, 'end')
  const page = await open(ben, { path: pathOf(ana) })
  await expect(row(page, 201)).toBeInViewport()
  await log(page).focus()
  await page.keyboard.press('ArrowUp')
  await expect(focused(page, 201)).toBeFocused()
  for (let n = 0; n < 30; n++) await page.keyboard.press('ArrowUp')
  await expect(focused(page, 171)).toBeFocused()
  await expect(row(page, 171)).toBeInViewport()
  await page.keyboard.press('Home')
  await expect(focused(page, 1)).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(focused(page, 2)).toBeFocused()
  await page.keyboard.press('End')
  await expect(focused(page, 201)).toBeFocused()
  await log(page).focus()
  await expect(row(page, 201)).toBeInViewport()
  await page.keyboard.press('PageUp')
  await expect(row(page, 201)).not.toBeInViewport()
})

test('one jumps to a date: to the first message of that day, or the next that has one', async ({ open }) => {
  const server = await Server.start()
  try {
    const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
    await ana.befriend(ben)
    for (let n = 0; n < 240; n++) await ana.say(ben, `day ${n}`)
    await ben.say(ana, 'today')
    await server.end('SIGTERM')
    await server.spreadOverDays()
    await server.begin()
    const page = await open(ben, { server, path: pathOf(ana) })
    await expect(row(page, 241)).toBeInViewport()
    // In the browser's time, as the days between messages are.
    const dayOf = (seq: number) =>
      page.evaluate((ago) => {
        const day = new Date(Date.now() - ago * 86_400_000)
        return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`
      }, 241 - seq)
    const jump = async (day: string) => {
      await page.getByRole('button', { name: 'Go to a date' }).click()
      await page.getByLabel('Go to a date').locator('input').fill(day)
      await page.keyboard.press('Enter')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
    await jump(await dayOf(40))
    await expect(row(page, 40)).toBeInViewport()
    await expect(row(page, 241)).not.toBeInViewport()
    expect((await visible(page))[0]!.seq).toBeGreaterThan(38)
    await expect(page.getByRole('button', { name: 'To the newest message' })).toBeVisible()
    await picture(page, 'chat-at-date')
    await jump(await dayOf(200))
    await expect(row(page, 200)).toBeInViewport()
    await jump('2001-01-01')
    await expect(row(page, 1)).toBeInViewport()
    await jump(await dayOf(241))
    await expect(row(page, 241)).toBeInViewport()
    await page.getByRole('button', { name: 'Go to a date' }).click()
    await expectAccessible(page)
    await picture(page, 'date-jump')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(row(page, 241)).toBeInViewport()
  } finally {
    await server.remove()
  }
})

test('pinned messages stand above the chat, one after the other, and lead to their place', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await fill(ana, ben, 150)
  const pin = (seq: number, on = true) => ben.post('/msg/pin', { chat: 10, dstObj: ana.email, seq, on })
  await ben.say(ana, 'The address is 5 Harbour Street')
  const page = await open(ben, { path: pathOf(ana) })
  await expect(row(page, 151)).toBeInViewport()
  const bar = page.getByRole('button', { name: /^Pinned message/ })
  await expect(bar).toHaveCount(0)
  await pin(151)
  await expect(bar).toContainText('Ben: The address is 5 Harbour Street')
  await pin(20)
  await expect(bar).toContainText('Pinned message 2 of 2')
  await picture(page, 'chat-pinned')
  await expectAccessible(page)
  await bar.click()
  await expect(row(page, 151)).toBeInViewport()
  await expect(bar).toContainText('Pinned message 1 of 2')
  await bar.click()
  await expect(row(page, 20)).toBeInViewport()
  await expect(bar).toContainText('Pinned message 2 of 2')
  await bar.click()
  await expect(row(page, 151)).toBeInViewport()
  await pin(151, false)
  await expect(bar).not.toContainText('of 2')
  await pin(20, false)
  await expect(bar).toHaveCount(0)
})
