import type { Locator, Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { expect, picture, test, type Account } from './fixtures.js'
import { png } from './png.js'

const row = (page: Page, seq: number): Locator => page.locator(`[data-seq="${seq}"]`)
const viewer = (page: Page) => page.locator('.pswp')

async function album(ana: Account, ben: Account): Promise<void> {
  const shapes: [number, number, [number, number, number]][] = [[800, 600, [200, 80, 40]], [300, 900, [40, 160, 220]], [1200, 500, [90, 200, 90]]]
  for (const [width, height, colour] of shapes) {
    const url = await ana.upload(`picture ${width}.png`, png(width, height, colour))
    await ana.say(ben, url, { msgType: 2, ext: { name: `picture ${width}.png`, width, height } })
  }
}

/** The width at which the picture in front is shown. */
const shownWidth = (page: Page) => viewer(page).locator('.pswp__item[aria-hidden="false"] img').last().evaluate((image) => image.getBoundingClientRect().width)

test('pictures have their place before they are there, open large, zoom, and go to the next', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await album(ana, ben)
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  const first = row(page, 1).getByRole('button', { name: 'Open picture: picture 800.png' })
  await expect(first.locator('img.loaded')).toBeVisible()
  const box = (await first.boundingBox())!
  expect(Math.abs(box.width / box.height - 800 / 600)).toBeLessThan(0.02)
  await picture(page, 'pictures')
  await first.click()
  await expect(viewer(page)).toHaveAttribute('aria-label', 'Picture')
  await expect(viewer(page)).toContainText('1 / 3')
  const fit = await shownWidth(page)
  await page.getByTitle('Zoom in').click()
  await expect.poll(() => shownWidth(page)).toBeGreaterThan(fit * 1.3)
  await page.getByTitle('Zoom out').click()
  await expect.poll(() => shownWidth(page)).toBeLessThan(fit * 1.2)
  await page.mouse.move(640, 400)
  await page.mouse.wheel(0, -400)
  await expect.poll(() => shownWidth(page)).toBeGreaterThan(fit * 1.1)
  await expect(page.getByTitle('Download')).toHaveAttribute('download', 'picture 800.png')
  await page.keyboard.press('ArrowRight')
  await expect(viewer(page)).toContainText('2 / 3')
  await picture(page, 'picture-view')
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(viewer(page)).toHaveCount(0)
  await expect(first).toBeFocused()
})

/** The name of the picture in front. */
const inFront = (page: Page) => viewer(page).locator('.pswp__item[aria-hidden="false"] img.pswp__img').last().getAttribute('alt')

test('the large view goes on to pictures that the chat has not loaded, and leads to where they were sent', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const url = await ana.upload('one.png', png(60, 60, [40, 160, 220]))
  const send = (name: string) => ana.say(ben, url, { msgType: 2, ext: { name, width: 60, height: 60 } })
  for (let n = 1; n <= 62; n++) await send(`n${n}.png`)
  await ana.post('/msg/recall', { chat: 10, dstObj: ben.email, seq: 5 })
  for (let n = 0; n < 150; n++) await ana.say(ben, `line ${n}`)
  await send('n63.png')
  await send('n64.png')
  await ben.post('/conv/read', { chat: 10, dstObj: ana.email, seq: 214 })
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  await row(page, 213).getByRole('button', { name: 'Open picture: n63.png' }).click()
  await expect(viewer(page)).toContainText('51 / 52')
  await page.locator('.pswp--open.pswp--ui-visible').waitFor()
  expect(await inFront(page)).toBe('n63.png')
  for (let n = 62; n >= 1; n--) {
    if (n === 5) continue
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => inFront(page)).toBe(`n${n}.png`)
  }
  await expect(viewer(page)).toContainText('1 / 63')
  await expect(page.getByTitle('Previous', { exact: true })).toBeDisabled()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => inFront(page)).toBe('n1.png')
  await expect(row(page, 1)).toHaveCount(0)
  await page.getByTitle('Go to the message').click()
  await expect(viewer(page)).toHaveCount(0)
  await expect(row(page, 1)).toBeInViewport()
  // From there it goes on to the newest, which are loaded no more.
  await row(page, 1).getByRole('button', { name: 'Open picture: n1.png' }).click()
  await page.locator('.pswp--open.pswp--ui-visible').waitFor()
  for (let n = 2; n <= 64; n++) {
    if (n === 5) continue
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => inFront(page)).toBe(`n${n}.png`)
  }
  await expect(viewer(page)).toContainText('63 / 63')
  await expect(page.getByTitle('Next', { exact: true })).toBeDisabled()
})

test('an address that is signed no more is asked for anew', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await album(ana, ben)
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  await expect(row(page, 1).locator('img.loaded')).toBeVisible()
  // What the browser keeps grows old.
  await page.evaluate(async () => {
    const name = (await indexedDB.databases()).find((one) => one.name!.startsWith('im:'))!.name!
    const db = await new Promise<IDBDatabase>((done) => (indexedDB.open(name).onsuccess = ({ target }) => done((target as IDBOpenDBRequest).result)))
    const tx = db.transaction('messages', 'readwrite')
    const store = tx.objectStore('messages')
    await new Promise<void>((done) => {
      store.openCursor().onsuccess = ({ target }) => {
        const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result
        if (!cursor) return done()
        cursor.update({ ...cursor.value, content: String(cursor.value.content).replace(/\?s=.*/, '?s=5f000000.0123456789abcdef') })
        cursor.continue()
      }
    })
    db.close()
  })
  await page.reload()
  await expect(row(page, 1).locator('img.loaded')).toBeVisible()
  await expect(row(page, 3).locator('img.loaded')).toBeVisible()
})

test('a picture that is not there says so, and tries again', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ana.say(ben, `http://127.0.0.1:9/none.png`, { msgType: 2, ext: { width: 200, height: 100 } })
  const page = await open(ben, { path: `/#/chats/10/${ana.email}`, complaints: /Failed to load resource|ERR_/ })
  await expect(row(page, 1).getByRole('button', { name: 'Could not be loaded' })).toBeVisible()
  await row(page, 1).getByRole('button', { name: 'Could not be loaded' }).click()
  await expect(row(page, 1).getByRole('button', { name: 'Could not be loaded' })).toBeVisible()
})

test('files, stickers, places and cards are shown; a file is downloaded with its name', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  const file = await ana.upload('tea list.txt', Buffer.from('Two bags a cup.'))
  await ana.say(ben, file, { msgType: 8, ext: { name: 'tea list.txt', size: 15 } })
  await ana.say(ben, await ana.upload('cup.png', png(120, 120, [120, 60, 200])), { msgType: 14, ext: { name: 'cup' } })
  await ana.say(ben, '{"name":"Tea house","lat":31.2,"lng":121.5}', { msgType: 10 })
  await ana.say(ben, kim.email, { msgType: 11, ext: { uname: 'Kim' } })
  await ana.say(ben, 'whatever it is', { msgType: 120 })
  await ana.say(ben, 'not a picture', { msgType: 2 })
  await ana.say(ben, 'good @(呵呵)')
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  const link = row(page, 1).getByRole('link', { name: 'Download tea list.txt' })
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
  expect(download.suggestedFilename()).toBe('tea list.txt')
  await expect(row(page, 2).locator('img.loaded')).toBeVisible()
  await expect(row(page, 2).locator('button.picture')).toHaveCount(0)
  await expect(row(page, 3).getByRole('link')).toHaveAttribute('href', /^https:\/\/www\.openstreetmap\.org\//)
  await expect(row(page, 4).getByRole('link', { name: 'Kim' })).toBeVisible()
  await expect(row(page, 5)).toContainText('cannot show')
  await expect(row(page, 6)).toContainText('not a picture')
  await expect(row(page, 7)).toContainText('good 🙂')
  await picture(page, 'kinds')
})

test('voice messages play one at a time, and the next that was not heard follows', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  const tone = await page.evaluate(async () => {
    const sound = new AudioContext()
    const [oscillator, out] = [sound.createOscillator(), sound.createMediaStreamDestination()]
    oscillator.connect(out)
    oscillator.start()
    const recorder = new MediaRecorder(out.stream, { mimeType: 'audio/webm' })
    const parts: Blob[] = []
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.start()
    await new Promise((later) => setTimeout(later, 1500))
    await new Promise((done) => {
      recorder.onstop = done
      recorder.stop()
    })
    await sound.close()
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
  })
  const url = await ana.upload('voice.webm', Uint8Array.from(tone))
  for (let n = 0; n < 2; n++) await ana.say(ben, url, { msgType: 9, ext: { duration: 1.5 } })
  await expect(row(page, 1)).toContainText('0:02')
  await expect(row(page, 1).getByText('Not heard yet')).toBeAttached()
  await row(page, 1).getByRole('button', { name: 'Play voice message' }).click()
  await expect(row(page, 1).getByRole('button', { name: 'Pause' })).toBeVisible()
  await picture(page, 'voice')
  await expect(row(page, 2).getByRole('button', { name: 'Pause' })).toBeVisible()
  await expect(row(page, 1).getByRole('button', { name: 'Play voice message' })).toBeVisible()
  await expect(page.getByText('Not heard yet')).toHaveCount(0)
})

test('a video has its place, and plays there', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ben, { path: `/#/chats/10/${ana.email}` })
  const film = await page.evaluate(async () => {
    const canvas = document.createElement('canvas')
    const paint = canvas.getContext('2d')!
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' })
    const parts: Blob[] = []
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.start()
    for (let n = 0; n < 20; n++) {
      paint.fillStyle = `hsl(${n * 18} 80% 50%)`
      paint.fillRect(0, 0, 300, 150)
      await new Promise((later) => setTimeout(later, 50))
    }
    await new Promise((done) => {
      recorder.onstop = done
      recorder.stop()
    })
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
  })
  await ana.say(ben, await ana.upload('film.webm', Uint8Array.from(film)), { msgType: 3, ext: { name: 'film.webm', width: 300, height: 150 } })
  const video = row(page, 1).locator('video')
  await expect(video).toHaveAttribute('preload', 'metadata')
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState)).toBeGreaterThan(0)
  await video.evaluate(async (element: HTMLVideoElement) => {
    element.muted = true
    await element.play()
  })
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(0)
})
