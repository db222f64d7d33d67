import type { Page } from '@playwright/test'
import { expect, picture, test } from './fixtures.js'

/** Every emoji that Unicode has as a single one, a tone and a flag, by their ranges. */
function everyEmoji(): string {
  const found: string[] = []
  for (const [from, to] of [[0x203c, 0x3299], [0x1f000, 0x1faff]] as const)
    for (let code = from; code <= to; code++) {
      const one = String.fromCodePoint(code)
      if (/\p{Emoji_Presentation}/u.test(one)) found.push(one)
      else if (/\p{Extended_Pictographic}/u.test(one)) found.push(`${one}\ufe0f`)
      if (/\p{Emoji_Modifier_Base}/u.test(one)) found.push(`${one}\u{1f3fd}`)
    }
  return `${found.join('')}👨‍👩‍👧‍👦🏳️‍🌈🇩🇪1️⃣`
}

const zalgo = [...'He comes'].map((letter) => letter + Array.from({ length: 60 }, (_, n) => String.fromCharCode(0x300 + ((n * 7) % 0x6f))).join('')).join('')

const TEXTS: Record<string, string> = {
  html: '<img src=x onerror="document.title=1"><b>bold</b><!-- --><script>document.title=2</script>',
  svg: '<svg onload=alert(1)><style>*{display:none}</style>',
  attribute: '" onmouseover="alert(1)" x="',
  template: '{{ constructor.constructor("alert(1)")() }} ${7*7} @:common.back {name}',
  link: 'javascript:alert(1) data:text/html,<script>alert(1)</script> https://example.com/"onclick="alert(1)',
  markdown: '[click](javascript:alert(1)) ![x](https://example.com/x.png)',
  override: '\u202eevil \u2066isolate \u200fmark\u202e https://example.com/\u202egpj.exe',
  controls: '\u0001\u0002\u001b[31mred\u0085\u2028\u2029\ufeff\ufffe',
  arabic: 'مرحبا <b>بالعالم</b> hello ١٢٣',
  zalgo,
  emoji: everyEmoji(),
  spaces: '\u3164 \u2800 \u00a0'.repeat(200),
  lines: Array.from({ length: 10_000 }, (_, n) => String(n)).join('\n'),
  word: 'x'.repeat(65_536),
  tabs: '\t'.repeat(3000),
}

async function isWithin(page: Page): Promise<void> {
  const problems = await page.evaluate(() => {
    const found: string[] = []
    if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`)
    const pane = document.querySelector('[role=log]')!.getBoundingClientRect()
    for (const bubble of document.querySelectorAll('[role=log] :is(.bubble, .note, .name, .chip)')) {
      const box = bubble.getBoundingClientRect()
      if (box.left < pane.left - 1 || box.right > pane.right + 1) found.push(`${bubble.className} from ${box.left} to ${box.right}`)
    }
    return found
  })
  expect(problems).toEqual([])
}

/** Milliseconds until the page has drawn again. */
const answers = (page: Page) => page.evaluate(() => new Promise<number>((done) => {
  const begin = performance.now()
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin), 0))
}))

for (const width of [1280, 360])
  test(`what tries to be something else is text, and stays in its place, at ${width} px`, async ({ open, person }) => {
    const [ana, ben] = [await person('Ana'), await person('Ben')]
    await ana.befriend(ben)
    const page = await open(ben, { path: `/#/chats/10/${ana.email}`, viewport: { width, height: 800 } })
    await expect(page.getByRole('log')).toBeVisible()
    const title = await page.title()
    let seq = 0
    for (const [name, text] of Object.entries(TEXTS)) {
      await ana.say(ben, text)
      const shown = page.locator(`[data-seq="${++seq}"] span.text`)
      await expect(shown, name).toBeVisible()
      const whole = await shown.evaluate((element) => element.textContent)
      expect(text.startsWith((whole ?? '').replace(/…$/, '')), `${name} is shown as it was written`).toBe(true)
      await isWithin(page)
    }
    await picture(page, `hostile-${width}`)
    for (const link of await page.locator('[role=log] a').all()) {
      expect(await link.getAttribute('href')).toMatch(/^https?:\/\//)
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
    }
    expect(await page.locator('[role=log] :is(script, svg style, b, iframe)').count()).toBe(0)
    // The longest, whole.
    const long = page.locator(`[data-seq="${Object.keys(TEXTS).indexOf('word') + 1}"]`)
    await long.scrollIntoViewIfNeeded()
    await long.getByRole('button', { name: 'Show more' }).click()
    await expect(long.getByRole('button', { name: 'Show less' })).toBeAttached()
    await isWithin(page)
    expect(await answers(page)).toBeLessThan(2000)
    expect((await page.title()).replace(/^\(\d+\) /, '')).toBe(title.replace(/^\(\d+\) /, ''))
  })

test('names, reactions, details and notices that are garbage break nothing', async ({ open, person, server }) => {
  const huge = await person(`${'W'.repeat(60)}\u202e<b>`.slice(0, 64))
  const ben = await person('Ben')
  await huge.befriend(ben)
  const group = await huge.group(`<h1>${'Ж'.repeat(50)}`, ben)
  const file = await huge.upload('\u202egpj.exe', Buffer.from('MZ'))
  const garbage: object[] = [
    { msgType: 8, content: file, ext: { name: '<b>'.repeat(80), size: 'huge', width: -1, blur: 'javascript:alert(1)' } },
    { msgType: 8, content: file, ext: { name: `${'a'.repeat(250)}\u202e`, size: 1e15 } },
    { msgType: 2, content: file, ext: { width: 1, height: 100_000 } },
    { msgType: 2, content: 'javascript:alert(1)' },
    { msgType: 3, content: 'data:text/html,<script>alert(1)</script>' },
    { msgType: 9, content: 'blob:x', ext: { duration: 'long' } },
    { msgType: 4, content: '//example.com/x' },
    { msgType: 10, content: '{"lat":1e999,"name":["x"]}' },
    { msgType: 11, content: '{"email":"javascript:alert(1)@x","name":{}}' },
    { msgType: 12, content: '[]{}', ext: { items: 'x' } },
    { msgType: 5, content: 'javascript:alert(1)' },
    { msgType: 1, content: '@all @', at: [ben.email] },
    { msgType: 2_000_000_000, content: '{"html":"<script>"}' },
  ]
  let taken = 0
  for (const message of garbage)
    await huge.post('/msg/send', { chat: 11, dstObj: group, ...message }).then(
      () => taken++,
      () => undefined,
    )
  expect(taken).toBeGreaterThan(9)
  for (const emoji of ['<b>x</b>', 'W'.repeat(32), '\u202e👍', '👨‍👩‍👧‍👦'])
    await ben.post('/msg/react', { chat: 11, dstObj: group, seq: 2, content: emoji, on: true })
  await huge.put('/community/notice', { dstObj: group, content: `<script>alert(1)</script>${'long '.repeat(400)}` })
  for (const width of [1280, 360]) {
    const page = await open(ben, { path: `/#/chats/11/${group}`, viewport: { width, height: 800 }, complaints: /Failed to load resource/ })
    await expect(page.getByRole('log')).toContainText(/W\S* put up a notice/, { timeout: 30_000 })
    await isWithin(page)
    await page.getByRole('log').evaluate((list) => list.scrollTo(0, 0))
    await isWithin(page)
    await picture(page, `hostile-names-${width}`)
  }
  expect(server.url).toContain('127.0.0.1')
})
