import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = 'im-files'
const KEY = 'a-test-key'
const SECRET = 'a-test-secret'

async function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}

/** A real S3 server (versitygw, IM_S3_SERVER is its binary) with one bucket, which is a directory. */
export class Bucket {
  private constructor(
    private readonly home: string,
    readonly endpoint: string,
    private readonly process: ChildProcess,
  ) {}

  /** origin: whose pages it lets call it; undefined: nobody's. */
  static async start(origin?: string): Promise<Bucket> {
    const home = await mkdtemp(join(tmpdir(), 'im-bucket-'))
    const port = await freePort()
    await mkdir(join(home, 'buckets', NAME), { recursive: true })
    await mkdir(join(home, 'meta'))
    const flags = ['--port', `127.0.0.1:${port}`, '--access', KEY, '--secret', SECRET, '--quiet']
    if (origin !== undefined) flags.push('--cors-allow-origin', origin)
    const child = spawn(process.env['IM_S3_SERVER']!, [...flags, 'posix', '--sidecar', join(home, 'meta'), join(home, 'buckets')], { stdio: 'ignore' })
    const endpoint = `http://127.0.0.1:${port}`
    for (let tries = 0; tries < 200; tries++) {
      if (await fetch(endpoint).catch(() => undefined)) return new Bucket(home, endpoint, child)
      await new Promise((later) => setTimeout(later, 50))
    }
    throw new Error('the S3 server did not start')
  }

  /** What an im_service needs to keep its files here, and to let clients send them here. */
  get flags(): string[] {
    const options = { endpoint: this.endpoint, bucket: NAME, key: KEY, secret: SECRET, receive: 'direct', serve: 'proxy' }
    return ['--media.store=s3', ...Object.entries(options).map(([name, value]) => `--media.s3_${name}=${value}`)]
  }

  objects(): Promise<string[]> {
    return readdir(join(this.home, 'buckets', NAME))
  }

  object(name: string): Promise<Buffer> {
    return readFile(join(this.home, 'buckets', NAME, name))
  }

  async remove(): Promise<void> {
    this.process.kill('SIGKILL')
    await rm(this.home, { recursive: true, force: true })
  }
}
