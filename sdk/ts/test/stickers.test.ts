import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ImError, MessageType, stickerMessage, Stickers, uploadFile, type Message } from '../src/index.js'
import { clientOf, friends, live, TestServer } from './server.js'

let server: TestServer

before(async () => {
  server = await TestServer.start('--limits.message_per_s=0')
})

after(() => server.stop())

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('a pack is made, shared, found, kept in order, sent from, and ended', { timeout: 60_000 }, async () => {
  const [one, two] = await friends(server)
  const mine = new Stickers(one)
  const theirs = new Stickers(two)
  const picture = await uploadFile(one, new Blob([Buffer.from(PIXEL, 'base64')], { type: 'image/png' }))
  const pack = await mine.create({ name: 'Tea', stickers: [{ name: 'cup', file: picture.url }] })
  assert.deepEqual([pack.name, pack.mine, pack.shared, pack.count], ['Tea', true, false, 1])
  await assert.rejects(theirs.pack(pack.id), (error) => error instanceof ImError && error.code === 2109)

  assert.equal((await mine.edit(pack.id, { name: 'Green tea', shared: true })).name, 'Green tea')
  const found = await theirs.find('green', { limit: 5 })
  assert.deepEqual(found.packs.map(({ id }) => id), [pack.id])
  await theirs.add(pack.id)
  const own = await theirs.create({ name: 'Own', stickers: [{ file: picture.url }] })
  assert.deepEqual((await theirs.packs()).map(({ id }) => id), [own.id, pack.id])
  await theirs.order([pack.id])
  const [first] = await theirs.packs()
  assert.equal(first!.id, pack.id)

  const sender = await live(clientOf(server, two, 'phone'))
  const receiver = await live(clientOf(server, one, 'phone'))
  const arrived = receiver.once('messages')
  const { content, options } = stickerMessage(first!, first!.stickers[0]!)
  await sender.send({ chat: 10, dstObj: one.credentials!.email }, content, options).sent
  const message: Message = (await arrived).messages[0]!
  assert.equal(message.msgType, MessageType.Sticker)
  assert.deepEqual(message.ext, { pack: pack.id, name: 'cup' })
  assert.equal((await fetch(server.url + message.content!)).status, 200)

  await theirs.remove(pack.id)
  await mine.delete(pack.id)
  assert.deepEqual((await theirs.packs()).map(({ id }) => id), [own.id])
  assert.equal((await fetch(server.url + message.content!)).status, 200)
  sender.close()
  receiver.close()
})

test('what is done with packs elsewhere is an event', { timeout: 60_000 }, async () => {
  const [one] = await friends(server)
  const mine = new Stickers(one)
  const client = await live(clientOf(server, one, 'phone'))
  const picture = await uploadFile(one, new Blob([Buffer.from(PIXEL, 'base64')], { type: 'image/png' }))
  const made = client.once('stickers')
  const pack = await mine.create({ name: 'Tea', stickers: [{ file: picture.url }] })
  assert.deepEqual(await made, { id: pack.id, ids: [pack.id] })
  const ended = client.once('stickers')
  await mine.delete(pack.id)
  assert.deepEqual(await ended, { id: undefined, ids: [] })
  client.close()
})
