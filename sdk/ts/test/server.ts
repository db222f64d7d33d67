/** A real server on a free port, with a data directory of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import WebSocket from 'ws'
import { Client, Rest, type ClientOptions, type SocketLike } from '../src/index.js'

const BINARY = resolve(process.env['IM_SERVER'] ?? '../../build/im_service')
const OPTIONS = ['--accounts.argon2_memory=8192', '--accounts.argon2_passes=1', '--limits.register_per_min=0']

/** Below the ports that outgoing connections are given, so that none of them takes it before the server does. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const free = await new Promise<boolean>((done) => {
      const probe = createServer()
      probe.once('error', () => done(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
    })
    if (free) return port
  }
}

export class TestServer {
  private process: ChildProcess | undefined

  private constructor(
    readonly port: number,
    private readonly data: string,
    private readonly options: string[],
  ) {}

  static async start(...options: string[]): Promise<TestServer> {
    const server = new TestServer(await freePort(), mkdtempSync(join(tmpdir(), 'im-sdk-')), options)
    await server.up()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async up(): Promise<void> {
    const flags = ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', join(this.data, 'data')]
    this.process = spawn(BINARY, [...flags, ...OPTIONS, ...this.options], { stdio: 'ignore' })
    for (let i = 0; i < 500; i++) {
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false)
      if (ready) return
      await new Promise((done) => setTimeout(done, 20))
    }
    throw new Error('the server did not start')
  }

  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.process
    if (!process || process.exitCode !== null || process.signalCode !== null) return
    await new Promise<void>((done) => {
      process.once('exit', () => done())
      process.kill(signal)
    })
  }

  async stop(): Promise<void> {
    await this.down('SIGTERM')
    rmSync(this.data, { recursive: true, force: true })
  }
}

let count = 0

export async function person(server: TestServer): Promise<Rest> {
  const rest = new Rest(server.url)
  count++
  await rest.register(`p${count}.${process.pid}@test.com`, 'abc123', `p${count}`)
  return rest
}

export async function friends(server: TestServer): Promise<[Rest, Rest]> {
  const [one, two] = [await person(server), await person(server)]
  await one.post('/contact/add_friend', {
    ownerEmail: one.credentials!.email,
    dstObj: two.credentials!.email,
    cate: 1,
  })
  return [one, two]
}

export function clientOf(server: TestServer, rest: Rest, device: string, more: Partial<ClientOptions> = {}): Client {
  return new Client({
    url: server.url,
    credentials: rest.credentials!,
    device,
    socket: (url) => new WebSocket(url) as unknown as SocketLike,
    ...more,
  })
}

export async function live(client: Client): Promise<Client> {
  const reached = client.once('state', (state) => state === 'live')
  await client.open()
  if (client.state !== 'live') await reached
  return client
}
