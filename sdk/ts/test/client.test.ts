import assert from 'node:assert/strict'
import { after, before, test as nodeTest } from 'node:test'
import { Backoff, ImError, MemoryStorage, type ChatRef, type Client, type Cursor, type Message, type SearchWhere } from '../src/index.js'
import { clientOf, friends, live, person, TestServer } from './server.js'

let server: TestServer

function test(name: string, run: () => Promise<void>): void {
  nodeTest(name, { timeout: 60_000 }, run)
}
const open: Client[] = []

before(async () => {
  server = await TestServer.start('--limits.message_per_s=0')
})

after(async () => {
  for (const client of open) client.close()
  await server.stop()
})

function made(...args: Parameters<typeof clientOf>): Client {
  const client = clientOf(...args)
  open.push(client)
  return client
}

/** All contents a client hears of, in order. */
function heard(client: Client): string[] {
  const contents: string[] = []
  client.on('messages', ({ messages }) => contents.push(...messages.map((message) => message.content ?? '')))
  return contents
}

async function until(fits: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (fits()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  assert.fail(`${what} did not come`)
}

function chatWith(email: string): ChatRef {
  return { chat: 10, dstObj: email }
}

test('a message is acked, and every device of both has it once', async () => {
  const [one, two] = await friends(server)
  const clients = [made(server, one, 'phone'), made(server, one, 'desk'), made(server, two, 'phone')]
  const lists = clients.map(heard)
  for (const client of clients) await live(client)
  const { cid, sent } = clients[0]!.send(chatWith(two.credentials!.email), '你好', { ext: { a: 1 } })
  const ack = await sent
  assert.equal(ack.seq, 1)
  assert.equal(ack.cid, cid)
  await until(() => lists.every((list) => list.length === 1), 'the message')
  assert.deepEqual(lists, [['你好'], ['你好'], ['你好']])
})

test('what is sent while offline goes out in order once there is a connection', async () => {
  const [one, two] = await friends(server)
  const sender = made(server, one, 'phone')
  const receiver = made(server, two, 'phone')
  const contents = heard(receiver)
  const acks = [1, 2, 3, 4, 5].map((n) => sender.send(chatWith(two.credentials!.email), `m${n}`).sent)
  assert.equal(sender.pending.length, 5)
  await live(receiver)
  await live(sender)
  assert.deepEqual((await Promise.all(acks)).map((ack) => ack.seq), [1, 2, 3, 4, 5])
  await until(() => contents.length === 5, 'all five')
  assert.deepEqual(contents, ['m1', 'm2', 'm3', 'm4', 'm5'])
  assert.equal(sender.pending.length, 0)
})

test('a device that was away gets what it missed: messages, then changes of what it has', async () => {
  const [one, two] = await friends(server)
  const storage = new MemoryStorage()
  const first = made(server, two, 'phone', { storage })
  const had = heard(first)
  await live(first)
  const sender = made(server, one, 'phone')
  await live(sender)
  const chat = chatWith(two.credentials!.email)
  await sender.send(chat, 'before').sent
  await until(() => had.length === 1, 'the first message')
  first.close()
  await sender.edit(chat, 1, 'before, edited')
  for (let i = 0; i < 250; i++) await sender.send(chat, `missed ${i}`).sent
  await sender.recall(chat, 2)

  const again = made(server, two, 'phone', { storage })
  const messages: Message[] = []
  const changes: string[] = []
  again.on('messages', (event) => messages.push(...event.messages))
  again.on('change', ({ change }) => changes.push(`${change.cmd} ${change.seq} ${change.content ?? ''}`))
  await live(again)
  await until(() => messages.length === 250, 'what was missed')
  assert.deepEqual(messages.map((message) => message.seq), Array.from({ length: 250 }, (_, i) => i + 2))
  assert.equal(messages[0]!.recalled, true)
  assert.equal(messages[0]!.content, undefined)
  assert.ok(changes.includes('25 1 before, edited'))
})

test('behind a slow storage writes of cursors do not pile up, and the last one is kept', async () => {
  class SlowStorage extends MemoryStorage {
    saves = 0
    let: () => void = () => undefined
    private readonly ready = new Promise<void>((done) => (this.let = done))

    override async saveCursor(cursor: Cursor): Promise<void> {
      this.saves += 1
      await this.ready
      await super.saveCursor(cursor)
    }
  }
  const [one, two] = await friends(server)
  const storage = new SlowStorage()
  const [sender, reader] = [made(server, one, 'phone'), made(server, two, 'phone', { storage })]
  const list = heard(reader)
  for (const client of [sender, reader]) await live(client)
  const count = 60
  for (let n = 0; n < count; n++) await sender.send(chatWith(two.credentials!.email), String(n)).sent
  await until(() => list.length === count, 'all messages')
  const before = storage.saves
  assert.ok(before <= 1, `${before} writes were begun`)
  storage.let()
  const kept = async () => (await storage.load()).cursors[0]?.seq
  for (let i = 0; i < 500 && (await kept()) !== count; i++) await new Promise((done) => setTimeout(done, 10))
  assert.equal(await kept(), count)
  assert.ok(storage.saves <= 3, `${storage.saves} writes for ${count} messages`)
})

test('a server that is killed in the middle loses nothing and doubles nothing', async () => {
  const own = await TestServer.start('--limits.message_per_s=0')
  const [one, two] = await friends(own)
  const quick = new Backoff(20, 200)
  const sender = clientOf(own, one, 'phone', { backoff: quick })
  const receiver = clientOf(own, two, 'phone', { backoff: new Backoff(20, 200) })
  const contents = heard(receiver)
  const echoes = heard(sender)
  await live(sender)
  await live(receiver)
  const chat = chatWith(two.credentials!.email)
  const acks: Promise<unknown>[] = []
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) acks.push(sender.send(chat, `${round}.${i}`).sent)
    await new Promise((done) => setTimeout(done, 30))
    await own.down('SIGKILL')
    await own.up()
  }
  await Promise.all(acks)
  await until(() => contents.length >= 300 && echoes.length >= 300, 'all of them')
  const wanted = [0, 1, 2].flatMap((round) => Array.from({ length: 100 }, (_, i) => `${round}.${i}`))
  assert.deepEqual(contents, wanted)
  assert.deepEqual(echoes, wanted)
  sender.close()
  receiver.close()
  await own.stop()
})

test('a refused message fails once and for all, and what is behind it goes on', async () => {
  const [one, two] = await friends(server)
  const stranger = await person(server)
  const client = made(server, one, 'phone')
  await live(client)
  const failed = client.once('failed')
  await assert.rejects(client.send(chatWith(stranger.credentials!.email), 'hello?').sent, (error) => {
    return error instanceof ImError && error.code === 2102
  })
  assert.equal((await failed).error.code, 2102)
  assert.equal((await client.send(chatWith(two.credentials!.email), 'hello').sent).seq, 1)
  assert.equal(client.pending.length, 0)
})

test('beyond the rate it waits and sends on, in order', async () => {
  const own = await TestServer.start('--limits.message_per_s=50', '--limits.message_burst=10')
  const [one, two] = await friends(own)
  const client = clientOf(own, one, 'phone')
  await live(client)
  const acks = Array.from({ length: 40 }, (_, i) => client.send(chatWith(two.credentials!.email), `${i}`).sent)
  assert.deepEqual((await Promise.all(acks)).map((ack) => ack.seq), Array.from({ length: 40 }, (_, i) => i + 1))
  client.close()
  await own.stop()
})

test('the second socket of a device ends the first for good, with the reason', async () => {
  const one = await person(server)
  const first = made(server, one, 'phone')
  await live(first)
  const ended = first.once('ended')
  await live(made(server, one, 'phone'))
  assert.equal(await ended, 'replaced')
  assert.equal(first.state, 'ended')
})

test('a token that is not valid ends the client instead of asking for ever', async () => {
  const one = await person(server)
  one.credentials = { email: one.credentials!.email, token: '0'.repeat(32) }
  const client = made(server, one, 'phone')
  const ended = client.once('ended')
  await client.open()
  assert.equal(await ended, 'unauthorized')
})

test('read marks, reactions and typing reach the other side', async () => {
  const [one, two] = await friends(server)
  const a = await live(made(server, one, 'phone'))
  const b = await live(made(server, two, 'phone'))
  const toTwo = chatWith(two.credentials!.email)
  const toOne = chatWith(one.credentials!.email)
  await a.send(toTwo, 'x').sent
  const read = a.once('read', (event) => event.userEmail === two.credentials!.email)
  const typing = a.once('typing')
  const change = a.once('change')
  b.read(toOne, 1)
  b.typing(toOne, true)
  await b.react(toOne, 1, '👍')
  assert.deepEqual((await read).chat, toTwo)
  assert.equal((await typing).on, true)
  assert.equal((await change).change.content, '👍')
})

test('history jumps to a time', async () => {
  const [one, two] = await friends(server)
  const a = await live(made(server, one, 'phone'))
  const toTwo = chatWith(two.credentials!.email)
  const acks = []
  for (const content of ['one', 'two', 'three']) {
    acks.push(await a.send(toTwo, content).sent)
    await new Promise((done) => setTimeout(done, 2))
  }
  const page = await a.history(toTwo, { at: acks[1]!.createAt, limit: 1 })
  assert.deepEqual([page.msgs.map((message) => message.content), page.more], [['two'], true])
  const later = await a.history(toTwo, { at: acks[2]!.createAt + 60_000 })
  assert.deepEqual([later.msgs, later.more, later.head], [[], false, 3])
})

test('messages are found by their words and by their links, files of a chat from both ends', async () => {
  const [one, two] = await friends(server)
  const a = await live(made(server, one, 'phone'))
  const toTwo = chatWith(two.credentials!.email)
  const said: string[] = []
  for (const content of ['green tea', 'black tea at tea.example.com', 'http://example.org/coffee']) {
    await a.send(toTwo, content).sent
    said.unshift(content)
  }
  const contents = async (where: SearchWhere) => (await a.search(where)).msgs.map((message) => message.content)
  assert.deepEqual(await contents({ q: 'tea', chat: toTwo }), said.slice(1))
  assert.deepEqual(await contents({ link: true }), said.slice(0, 2))
  assert.deepEqual(await contents({ q: 'coffee', link: true, sender: one.credentials!.email }), said.slice(0, 1))
  const page = await a.search({ link: true, limit: 1 })
  assert.deepEqual((await a.search({ link: true, limit: 1, cursor: page.cursor! })).msgs.map(({ seq }) => seq), [2])
  await assert.rejects(a.search({ q: '' }), { code: 2100 })
  assert.deepEqual(await a.files(toTwo, { after: 0 }), { ...toTwo, msgs: [] })
})

test('presence is told and asked for, with when somebody was last here', async () => {
  const [one, two] = await friends(server)
  const stranger = await person(server)
  const a = await live(made(server, one, 'phone'))
  const email = two.credentials!.email
  assert.deepEqual(await a.presence([email, stranger.credentials!.email]), [{ email, online: false }])
  const came = a.once('presence', (event) => event.online)
  const b = await live(made(server, two, 'phone'))
  assert.deepEqual(await came, { email, online: true })
  const many = await a.presence([...Array.from({ length: 150 }, (_, i) => `nobody${i}@test.com`), email])
  assert.deepEqual(many, [{ email, online: true }])
  assert.deepEqual(await a.presence([]), [])
  const left = a.once('presence', (event) => !event.online)
  const before = Date.now()
  b.close()
  const { seenAt } = await left
  assert.ok(seenAt! >= before - 1000 && seenAt! <= Date.now() + 1000)
})
