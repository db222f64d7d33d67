import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const BINARY = resolve(process.env['IM_SERVER'] ?? join(import.meta.dirname, '../../build/gcc/im_service'))
/** Bounds that would be in the way of a test. */
const FAST = ['--limits.message_per_s=0', '--limits.register_per_min=0', '--limits.login_per_min=0', '--accounts.argon2_memory=8192', '--accounts.argon2_passes=1']

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.on('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}

/** A server on a data directory of its own, that can be killed and started again on the same port. */
export class Server {
  private process: ChildProcess | undefined
  private log = ''

  private constructor(
    readonly data: string,
    readonly port: number,
    private readonly flags: string[],
  ) {}

  static async start(...flags: string[]): Promise<Server> {
    return Server.over(await mkdtemp(join(tmpdir(), 'im-web-')), ...flags)
  }

  /** On a data directory that is there already; remove() removes that, too. */
  static async over(data: string, ...flags: string[]): Promise<Server> {
    const server = new Server(data, await freePort(), flags)
    await server.begin()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async begin(): Promise<void> {
    const child = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...FAST, ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (text) => (this.log += text))
    child.stderr.on('data', (text) => (this.log += text))
    this.process = child
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) throw new Error(`the server ended at once:\n${this.log}`)
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (ready?.ok) return
      await new Promise((later) => setTimeout(later, 50))
    }
    throw new Error(`the server was not ready in time:\n${this.log}`)
  }

  /** `SIGKILL` is a crash, `SIGTERM` an orderly end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await ended
  }

  /** Makes every message of the store as much older as its seq is below the newest of its chat: one day a message. The
   * server has to be stopped. */
  async spreadOverDays(): Promise<void> {
    const code = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('UPDATE message SET created = created - 86400000 * ((SELECT max(seq) FROM message m WHERE m.chat = message.chat) - seq)')
db.commit()`
    await promisify(execFile)('/usr/bin/python3', ['-c', code, join(this.data, 'im_service.db')])
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL')
    await rm(this.data, { recursive: true, force: true })
  }
}
