import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test as nodeTest } from 'node:test'
import { fileMessage, ImError, Rest, uploadFile, type Message, type UploadProgress } from '../src/index.js'
import { clientOf, friends, live, person, TestServer } from './server.js'

const PART = 65_536
const IN_PARTS = { resumableFrom: 1, parallel: 2 }
let server: TestServer

function test(name: string, run: () => Promise<void>): void {
  nodeTest(name, { timeout: 60_000 }, run)
}

before(async () => {
  server = await TestServer.start('--limits.message_per_s=0', `--media.part_size=${PART}`, '--media.image_max=1M')
})
after(() => server.stop())

/** The same user through calls that are looked at before they are made; what `look` throws is a lost connection. */
function watched(rest: Rest, look: (path: string, request: RequestInit) => void | Promise<void>): Rest {
  const made = new Rest(rest.baseUrl, async (input, request) => {
    await look(String(input).slice(rest.baseUrl.length), request ?? {})
    return fetch(input, request)
  })
  made.credentials = rest.credentials
  return made
}

/** How often each call was made, by its path without what differs. */
function counted(rest: Rest): [Rest, Record<string, number>] {
  const calls: Record<string, number> = {}
  const made = watched(rest, (path) => {
    const name = path.split('?')[0]!
    calls[name] = (calls[name] ?? 0) + 1
  })
  return [made, calls]
}

function sample(size: number, name = 'a.bin', type = ''): { blob: Blob; bytes: Buffer } {
  const bytes = randomBytes(size)
  return { blob: new File([new Uint8Array(bytes)], name, { type }), bytes }
}

async function content(signed: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(server.url + signed)).arrayBuffer())
}

async function begun(rest: Rest, bytes: Buffer, name = 'a.bin'): Promise<{ fid: string; have: number[]; done?: true }> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return rest.post('/file/init', { name, size: bytes.length, sha256 })
}

test('a small file goes in one request', async () => {
  const [rest, calls] = counted(await person(server))
  const { blob, bytes } = sample(1000, '照片 1.bin')
  const file = await uploadFile(rest, blob)
  assert.deepEqual([file.name, file.size, file.kind], ['照片 1.bin', 1000, 'file'])
  assert.deepEqual(await content(file.signed), bytes)
  assert.deepEqual(calls, { '/file/upload': 1 })
})

test('a large file goes in parts, and what is told of it only grows', async () => {
  const [rest, calls] = counted(await person(server))
  const { blob, bytes } = sample(5 * PART + 1)
  const told: UploadProgress[] = []
  const file = await uploadFile(rest, blob, { ...IN_PARTS, onProgress: (progress) => told.push(progress) })
  assert.deepEqual(await content(file.signed), bytes)
  assert.deepEqual(calls, { '/file/init': 1, '/file/part': 6, '/file/complete': 1 })
  assert.deepEqual([...new Set(told.map(({ phase }) => phase))], ['hashing', 'sending', 'finishing'])
  for (const phase of ['hashing', 'sending', 'finishing']) {
    const of = told.filter((progress) => progress.phase === phase).map(({ bytes }) => bytes)
    assert.deepEqual(of, [...of].sort((one, other) => one - other))
    assert.equal(of.at(-1), blob.size)
  }
})

test('what the server has is not sent again', async () => {
  const [rest, calls] = counted(await person(server))
  const { blob } = sample(3 * PART)
  const first = await uploadFile(rest, blob, IN_PARTS)
  const second = await uploadFile(rest, blob, IN_PARTS)
  assert.deepEqual([second.fid, second.done], [first.fid, true])
  assert.equal(calls['/file/part'], 3)
})

test('a server that is killed in the middle costs only the parts under way', async () => {
  const plain = await person(server)
  const { blob, bytes } = sample(20 * PART)
  const acknowledged = new Set<string>()
  let sent = 0
  const rest = new Rest(server.url, async (input, request) => {
    const path = String(input).slice(server.url.length)
    if (path.startsWith('/file/part')) {
      assert.ok(!acknowledged.has(path), 'what was acknowledged is not sent again')
      if (++sent === 8) void server.down('SIGKILL').then(() => server.up())
    }
    const response = await fetch(input, request)
    const text = await response.text()
    if (path.startsWith('/file/part') && response.ok) acknowledged.add(path)
    return new Response(text, { status: response.status, headers: response.headers })
  })
  rest.credentials = plain.credentials
  const file = await uploadFile(rest, blob, IN_PARTS)
  assert.deepEqual(await content(file.signed), bytes)
  assert.ok(sent > 20, 'something was cut')
})

test('the same call after a reload goes on where it was', async () => {
  const plain = await person(server)
  const { blob, bytes } = sample(10 * PART)
  const ending = new AbortController()
  let parts = 0
  const first = watched(plain, (path) => {
    if (path.startsWith('/file/part') && ++parts === 5) ending.abort(new Error('the page went'))
  })
  await assert.rejects(uploadFile(first, blob, { ...IN_PARTS, parallel: 1, signal: ending.signal, keep: true }), /the page went/)
  assert.deepEqual((await begun(plain, bytes)).have, [0, 1, 2, 3])
  const [second, calls] = counted(plain)
  const file = await uploadFile(second, blob, IN_PARTS)
  assert.equal(calls['/file/part'], 6)
  assert.deepEqual(await content(file.signed), bytes)
})

test('an upload that is aborted takes back what had arrived', async () => {
  const plain = await person(server)
  const { blob, bytes } = sample(10 * PART)
  const ending = new AbortController()
  let parts = 0
  let cancelled: (() => void) | undefined
  const cancelling = new Promise<void>((done) => (cancelled = done))
  const rest = watched(plain, (path) => {
    if (path.startsWith('/file/part') && ++parts === 5) ending.abort(new Error('not this one'))
    if (path === '/file/cancel') setTimeout(cancelled!, 200)
  })
  await assert.rejects(uploadFile(rest, blob, { ...IN_PARTS, signal: ending.signal }), /not this one/)
  await cancelling
  assert.deepEqual((await begun(plain, bytes)).have, [])
})

test('an upload that was aborted before it began sends nothing', async () => {
  const [rest, calls] = counted(await person(server))
  const signal = AbortSignal.abort(new Error('never'))
  await assert.rejects(uploadFile(rest, sample(10).blob, { signal }), /never/)
  await assert.rejects(uploadFile(rest, sample(10).blob, { ...IN_PARTS, signal }), /never/)
  assert.deepEqual(calls, {})
})

test('lost connections are tried again, and answers that were lost do no harm', async () => {
  const plain = await person(server)
  const { blob, bytes } = sample(6 * PART)
  let calls = 0
  const rest = new Rest(server.url, async (input, request) => {
    const number = ++calls
    if (number % 3 === 0) throw new TypeError('lost on the way')
    const response = await fetch(input, request)
    if (number % 3 === 1) throw new TypeError('the answer was lost')
    return response
  })
  rest.credentials = plain.credentials
  const file = await uploadFile(rest, blob, { ...IN_PARTS, parallel: 1, retries: 4 })
  assert.deepEqual(await content(file.signed), bytes)
})

test('an upload that another device cancelled begins anew', async () => {
  const plain = await person(server)
  const { blob, bytes } = sample(6 * PART)
  let parts = 0
  const rest = watched(plain, async (path) => {
    if (path.startsWith('/file/part') && ++parts === 4) await plain.post('/file/cancel', { fid: (await begun(plain, bytes)).fid })
  })
  const file = await uploadFile(rest, blob, IN_PARTS)
  assert.deepEqual(await content(file.signed), bytes)
})

test('a refusal is told with its code at once', async () => {
  const [rest, calls] = counted(await person(server))
  const { blob } = sample(2 << 20, 'a.png', 'image/png')
  const refused = (error: unknown): boolean => error instanceof ImError && error.code === 2106
  await assert.rejects(uploadFile(rest, blob, IN_PARTS), refused)
  assert.deepEqual(calls, { '/file/init': 1 })
  await assert.rejects(uploadFile(rest, new Blob([]), {}), (error: ImError) => error.code === 2100)
})

test('without a server it is given up after so many failures', async () => {
  const rest = new Rest('http://127.0.0.1:9')
  await assert.rejects(uploadFile(rest, sample(10).blob, { retries: 1 }), (error: ImError) => error.code === 0)
})

test('a message with the file shows it to whom it is sent', async () => {
  const [one, two] = await friends(server)
  const [sender, receiver] = [clientOf(server, one, 'phone'), clientOf(server, two, 'phone')]
  try {
    await live(receiver)
    await live(sender)
    const { blob, bytes } = sample(3 * PART, 'notes.bin')
    const { content: address, options } = fileMessage(await uploadFile(sender.rest, blob, IN_PARTS))
    const heard = new Promise<Message>((done) => receiver.on('messages', ({ messages }) => done(messages[0]!)))
    await sender.send({ chat: 10, dstObj: two.credentials!.email }, address, options).sent
    const message = await heard
    assert.equal(message.msgType, 8)
    assert.deepEqual(message.ext, { name: 'notes.bin', size: 3 * PART, mime: 'application/octet-stream' })
    assert.deepEqual(await content(message.content!), bytes)
  } finally {
    sender.close()
    receiver.close()
  }
})

/** Somebody else than the server, who answers what he is sent with this status. */
async function stranger(status: number): Promise<{ url: string; got: { headers: IncomingHttpHeaders; bytes: number }[]; end(): void }> {
  const got: { headers: IncomingHttpHeaders; bytes: number }[] = []
  const listening = createServer((request, response) => {
    let bytes = 0
    request.on('data', (piece: Buffer) => (bytes += piece.length))
    request.on('end', () => {
      got.push({ headers: request.headers, bytes })
      response.writeHead(status).end('<Error/>')
    })
  })
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done))
  const { port } = listening.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/a`, got, end: () => listening.close() }
}

/** The same user of a server that offers another place for the whole file. */
function offered(rest: Rest, url: string): [Rest, Record<string, number>] {
  const [made, calls] = counted(rest)
  const post = made.post.bind(made)
  made.post = async <T>(path: string, body?: object, options?: object): Promise<T> => {
    const answer = await post<T>(path, body, options)
    return path === '/file/init' ? { ...answer, put: { url, headers: { 'x-sum': 'abc' }, expires: Date.now() + 60_000 } } : answer
  }
  return [made, calls]
}

test('another place that refuses the file is tried once, and learns nothing of the user', async () => {
  const other = await stranger(403)
  const [rest, calls] = offered(await person(server), other.url)
  const { blob, bytes } = sample(3 * PART)
  const file = await uploadFile(rest, blob, IN_PARTS)
  assert.deepEqual(await content(file.signed), bytes)
  assert.deepEqual(calls, { '/file/init': 1, [other.url.slice(rest.baseUrl.length)]: 1, '/file/part': 3, '/file/complete': 1 })
  assert.equal(other.got.length, 1)
  const [{ headers, bytes: arrived }] = other.got as [(typeof other.got)[0]]
  assert.deepEqual([headers['x-sum'], headers['token'], headers['email'], headers['cookie'], arrived], ['abc', undefined, undefined, undefined, 3 * PART])
  other.end()
})

test('another place that has lost the file, or can not be reached, costs one beginning', async () => {
  const other = await stranger(200) // and the server finds nothing there
  const { blob, bytes } = sample(2 * PART)
  const [rest, calls] = offered(await person(server), other.url)
  assert.deepEqual(await content((await uploadFile(rest, blob, IN_PARTS)).signed), bytes)
  assert.deepEqual([calls['/file/init'], calls['/file/part'], calls['/file/complete']], [2, 2, 2])
  other.end()
  const [again, callsAgain] = offered(await person(server), other.url)
  assert.deepEqual(await content((await uploadFile(again, blob, IN_PARTS)).signed), bytes)
  assert.deepEqual([callsAgain['/file/init'], callsAgain['/file/part'], callsAgain['/file/complete']], [1, 2, 1])
})
