import { randomBytes } from 'node:crypto'
import type { Page, Request } from '@playwright/test'
import { Bucket } from './bucket.js'
import { Account, expect, test } from './fixtures.js'
import { Server } from './server.js'

const SIZE = 3 * 1024 * 1024

interface Said {
  msgs: { content: string; ext?: Record<string, unknown> }[]
}

/** A server of its own with this bucket, two friends, and the chat of the first on a screen that tells what it sends. */
async function chat(bucket: Bucket, open: (account: Account, options: object) => Promise<Page>, complaints?: RegExp) {
  const server = await Server.start(...bucket.flags)
  const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { server, path: `/#/chats/10/${encodeURIComponent(ben.email)}`, ...(complaints && { complaints }) })
  await expect(page.getByLabel('Write a message')).toBeVisible()
  const sent: string[] = []
  page.on('request', (request: Request) => {
    if (request.method() === 'PUT') sent.push(request.url().startsWith(bucket.endpoint) ? 'bucket' : 'server')
  })
  const bytes = randomBytes(SIZE)
  await page.locator('input[data-pick="file"]').setInputFiles([{ name: 'tea.bin', mimeType: 'application/octet-stream', buffer: bytes }])
  await page.getByRole('dialog').getByRole('button', { name: 'Send', exact: true }).click()
  const said = async (): Promise<Said['msgs']> => (await ben.get<Said>(`/msg/pull?chat=10&dstObj=${ana.email}`)).msgs
  await expect.poll(async () => (await said()).map(({ ext }) => ext?.['name'])).toEqual(['tea.bin'])
  const fid = (await said())[0]!.content.split('/')[2]!.slice(0, 32)
  return { server, sent, fid, bytes }
}

test('a file goes from the browser to the bucket, and not through the server', async ({ open }) => {
  const bucket = await Bucket.start('*')
  const { server, sent, fid, bytes } = await chat(bucket, open)
  expect(sent).toEqual(['bucket'])
  expect(await bucket.object(`${fid}-put`)).toEqual(bytes)
  await server.remove()
  await bucket.remove()
})

test('a bucket that does not let the page send is gone around', async ({ open }) => {
  const bucket = await Bucket.start()
  const { server, sent, fid, bytes } = await chat(bucket, open, /CORS|ERR_FAILED|status of/)
  expect(sent.slice(1)).toEqual(['server'])
  await expect.poll(() => bucket.objects()).toContain(fid)
  expect(await bucket.object(fid)).toEqual(bytes)
  await server.remove()
  await bucket.remove()
})
