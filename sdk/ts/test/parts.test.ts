import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outbox } from '../src/outbox.js'
import { Backoff, chatOfMessage, MemoryStorage, uuid7, type Message, type Pending } from '../src/index.js'

test('ids have version 7 and sort by time', () => {
  const earlier = uuid7(1_700_000_000_000)
  const later = uuid7(1_700_000_000_001)
  assert.match(earlier, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(earlier < later)
  assert.notEqual(uuid7(5), uuid7(5))
})

test('the wait doubles up to its bound, is never nothing, and starts over', () => {
  const most = new Backoff(100, 1000, () => 1)
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => most.next()), [100, 200, 400, 800, 1000, 1000])
  most.reset()
  assert.equal(most.next(), 100)
  const least = new Backoff(100, 1000, () => 0)
  assert.deepEqual([1, 2, 3].map(() => least.next()), [25, 50, 100])
})

test("a message's chat is the other one's, whoever reads", () => {
  const message = { userEmail: 'A@x.cc', dstObj: 'b@x.cc', cmd: 10 } as Message
  assert.deepEqual(chatOfMessage(message, 'a@x.cc'), { chat: 10, dstObj: 'b@x.cc' })
  assert.deepEqual(chatOfMessage(message, 'b@x.cc'), { chat: 10, dstObj: 'A@x.cc' })
  assert.deepEqual(chatOfMessage({ ...message, cmd: 11, dstObj: '1000' }, 'b@x.cc'), { chat: 11, dstObj: '1000' })
})

test('what an earlier start left goes out first, and nothing stands in the outbox twice', async () => {
  const storage = new MemoryStorage()
  const message = (cid: string): Pending => ({ chat: 10, dstObj: 'b@x.cc', cid, content: cid, options: {}, createAt: 1 })
  await storage.savePending(message('old 1'))
  await storage.savePending(message('old 2'))
  const outbox = new Outbox(storage, () => true, () => undefined)
  void outbox.add(message('new'))
  outbox.restore((await storage.load()).pending)
  assert.deepEqual(outbox.waiting.map(({ cid }) => cid), ['old 1', 'old 2', 'new'])
  outbox.stop()
})
