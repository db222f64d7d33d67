import { createHash, randomBytes } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { png } from './png.js'
import { Account, expect, picture, test } from './fixtures.js'
import { Server } from './server.js'

const MIB = 1024 * 1024
const log = (page: Page) => page.getByRole('log')
const box = (page: Page) => page.getByLabel('Write a message')
const chatWith = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`
/** What a browser says of a connection that was cut on purpose. */
const CUT = /ERR_|WebSocket|Failed to load|status of/

interface Said {
  msgs: { seq: number; msgType: number; content: string; reply?: number; ext?: Record<string, unknown> }[]
}

const said = async (who: Account, other: Account): Promise<Said['msgs']> => (await who.get<Said>(`/msg/pull?chat=10&dstObj=${other.email}`)).msgs

async function choose(page: Page, which: 'media' | 'file', files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
  await page.locator(`input[data-pick="${which}"]`).setInputFiles(files)
}

const dialog = (page: Page) => page.getByRole('dialog')
const sendButton = (page: Page) => dialog(page).getByRole('button', { name: 'Send', exact: true })

/** Drops or pastes files as a browser would. */
async function give(page: Page, kind: 'drop' | 'paste', files: { name: string; type: string; bytes: number[] }[]): Promise<void> {
  await page.evaluate(
    ({ kind, files }) => {
      const data = new DataTransfer()
      for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
      if (kind === 'paste') document.activeElement!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      else {
        const log = document.querySelector('[role="log"]')!
        for (const name of ['dragenter', 'dragover', 'drop']) log.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }))
      }
    },
    { kind, files },
  )
}

test('several files at once: looked at, one left out, words first, then each in order', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await expect(box(page)).toBeVisible()
  await choose(page, 'media', [
    { name: 'wide.png', mimeType: 'image/png', buffer: png(64, 32) },
    { name: 'wrong.png', mimeType: 'image/png', buffer: png(10, 10) },
    { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Two bags a cup.') },
  ])
  await expect(dialog(page).getByRole('listitem')).toHaveCount(3)
  await picture(page, 'upload-preview')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Leave out wrong.png' }).click()
  await dialog(page).getByLabel('Say something about it').fill('Look')
  await page.keyboard.press('Enter')
  await expect(dialog(page)).toHaveCount(0)
  await expect.poll(async () => (await said(ana, ben)).map(({ msgType }) => msgType)).toEqual([1, 2, 8])
  const [words, wide, notes] = await said(ana, ben)
  expect(words).toMatchObject({ content: 'Look' })
  expect(wide!.ext).toMatchObject({ name: 'wide.png', mime: 'image/png', width: 64, height: 32 })
  expect(notes!.ext).toMatchObject({ name: 'notes.txt', size: 15 })
  await expect(log(page).getByText('notes.txt')).toBeVisible()
})

test('pictures are pasted and dropped; the chat shows where', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await box(page).focus()
  await give(page, 'paste', [{ name: 'image.png', type: 'image/png', bytes: [...png(20, 10)] }])
  await expect(dialog(page).getByRole('listitem')).toHaveCount(1)
  await sendButton(page).click()
  await expect.poll(async () => (await said(ana, ben)).length).toBe(1)
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(new File(['x'], 'x.txt'))
    document.querySelector('[role="log"]')!.dispatchEvent(new DragEvent('dragenter', { dataTransfer: data, bubbles: true }))
  })
  await expect(page.getByText('Drop to send here')).toBeVisible()
  await picture(page, 'upload-drop')
  await give(page, 'drop', [{ name: 'tea.txt', type: 'text/plain', bytes: [1, 2, 3] }])
  await expect(page.getByText('Drop to send here')).toHaveCount(0)
  await sendButton(page).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name'])).toEqual(['image.png', 'tea.txt'])
})

test('what is too large or empty is named before it is sent, and stays behind', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await expect(box(page)).toBeVisible()
  await choose(page, 'file', [
    { name: 'huge.png', mimeType: 'image/png', buffer: Buffer.concat([png(10, 10), Buffer.alloc(10 * MIB)]) },
    { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
    { name: 'good.txt', mimeType: 'text/plain', buffer: Buffer.from('tea') },
  ])
  await expect(dialog(page).getByText('Too large: at most 10 MB')).toBeVisible()
  await expect(dialog(page).getByText('This file is empty.')).toBeVisible()
  await expect(dialog(page)).toContainText('Send 1 file')
  await sendButton(page).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name'])).toEqual(['good.txt'])
})

test('what the server refuses stands on the row, and is sent again or discarded there', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(box(page)).toBeVisible()
  let refuse = true
  await page.route('**/file/upload**', (route) => (refuse ? route.fulfill({ json: { code: 2106, msg: '空间不足' } }) : route.continue()))
  await choose(page, 'file', [{ name: 'one.txt', mimeType: 'text/plain', buffer: Buffer.from('one') }, { name: 'two.txt', mimeType: 'text/plain', buffer: Buffer.from('two') }])
  await sendButton(page).click()
  await expect(log(page).getByRole('button', { name: 'Send again' })).toHaveCount(2)
  await page.reload()
  await expect(log(page).getByRole('button', { name: 'Send again' })).toHaveCount(2)
  refuse = false
  await log(page).getByRole('button', { name: 'Discard' }).first().click()
  await log(page).getByRole('button', { name: 'Send again' }).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name'])).toEqual(['two.txt'])
  await expect(log(page).getByRole('button', { name: 'Send again' })).toHaveCount(0)
})

test('a file is cancelled while it is on its way, and the one behind it comes', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(box(page)).toBeVisible()
  await page.route('**/file/upload?name=slow**', () => undefined) // It never arrives.
  await choose(page, 'file', [{ name: 'slow.txt', mimeType: 'text/plain', buffer: Buffer.from('slow') }, { name: 'quick.txt', mimeType: 'text/plain', buffer: Buffer.from('quick') }])
  await sendButton(page).click()
  await expect(log(page).getByRole('progressbar').first()).toBeVisible()
  await picture(page, 'upload-progress')
  // quick.txt is uploaded, and waits for its turn in the chat.
  expect(await said(ana, ben)).toEqual([])
  await log(page).getByRole('button', { name: 'Cancel' }).first().click()
  await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name'])).toEqual(['quick.txt'])
})

test('an upload that is cut by a crash of the server goes on by itself, and by a reload, too', async ({ open }) => {
  const server = await Server.start()
  try {
    const ana = await Account.register(server, 'Ana')
    const ben = await Account.register(server, 'Ben')
    await ana.befriend(ben)
    const page = await open(ana, { path: chatWith(ben), complaints: CUT, server })
    await expect(box(page)).toBeVisible()
    const bytes = randomBytes(12 * MIB)
    // Of three parts one arrives; the others are held until the server is gone.
    let parts = 0
    await page.route('**/file/part**', (route) => (++parts === 1 ? route.continue() : undefined))
    await choose(page, 'file', [{ name: 'large.bin', mimeType: 'application/octet-stream', buffer: bytes }])
    await sendButton(page).click()
    await expect.poll(() => parts).toBeGreaterThan(1)
    await server.end('SIGKILL')
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await server.begin()
    await page.reload()
    await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name']), { timeout: 45_000 }).toEqual(['large.bin'])
    const [message] = await said(ben, ana)
    const got = Buffer.from(await (await fetch(server.url + message!.content)).arrayBuffer())
    expect(createHash('sha256').update(got).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  } finally {
    await server.remove()
  }
})

test('files chosen without a network go out when it is back, once, in order', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben), complaints: CUT })
  await expect(box(page)).toBeVisible()
  // What comes lazily is there before the network goes.
  await choose(page, 'file', [{ name: 'zero.txt', mimeType: 'text/plain', buffer: Buffer.from('zero') }])
  await sendButton(page).click()
  await expect.poll(async () => (await said(ana, ben)).length).toBe(1)
  await page.context().setOffline(true)
  await choose(page, 'file', ['one', 'two', 'three'].map((name) => ({ name: `${name}.txt`, mimeType: 'text/plain', buffer: Buffer.from(name) })))
  await sendButton(page).click()
  await expect(log(page).getByText('three.txt')).toBeVisible()
  await page.context().setOffline(false)
  await expect.poll(async () => (await said(ana, ben)).map(({ ext }) => ext?.['name']), { timeout: 30_000 }).toEqual(['zero.txt', 'one.txt', 'two.txt', 'three.txt'])
})

test('a voice message is recorded, heard, and sent with how long it is', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await page.getByRole('button', { name: 'Voice message' }).click()
  await expect(page.getByRole('timer')).toHaveText('0:01')
  await picture(page, 'compose-voice')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.locator('.voice audio')).toBeVisible()
  await page.getByRole('button', { name: 'Send the voice message' }).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ msgType }) => msgType)).toEqual([9])
  expect(Number((await said(ana, ben))[0]!.ext!['duration'])).toBeGreaterThanOrEqual(1)
  await page.getByRole('button', { name: 'Voice message', exact: true }).last().click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(box(page)).toBeVisible()
  expect(await said(ana, ben)).toHaveLength(1)
})

test('a video is recorded from the camera', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await page.getByRole('button', { name: 'Attach' }).click()
  await page.getByText('Record a video').click()
  await dialog(page).getByRole('button', { name: 'Record', exact: true }).click()
  await expect(dialog(page).getByRole('timer')).toHaveText('0:01')
  await dialog(page).getByRole('button', { name: 'Stop' }).click()
  await picture(page, 'compose-video')
  await sendButton(page).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ msgType }) => msgType), { timeout: 20_000 }).toEqual([3])
  expect((await said(ana, ben))[0]!.ext).toMatchObject({ mime: 'video/webm' })
})
