import { Backoff } from './backoff.js'
import { ImError, NOT_FOUND, TOO_MANY, UNREACHABLE } from './error.js'
import type { Rest } from './rest.js'
import { MessageType, type SendOptions } from './types.js'

/** A file as the server has it. */
export interface StoredFile {
  fid: string
  /** What a message, an avatar or an icon holds. */
  url: string
  /** The same for showing it at once: it needs no log-in and works for some days. */
  signed: string
  name: string
  size: number
  /** Read from the content, as kind is. */
  mime: string
  kind: 'image' | 'video' | 'audio' | 'file'
  width?: number
  height?: number
  /** A tiny preview, base64. */
  blur?: string
  /** It was there before: nothing was sent. */
  done?: true
}

export interface UploadProgress {
  /** A large file is hashed before it is sent; at the end the server reads it once more. */
  phase: 'hashing' | 'sending' | 'finishing'
  /** Of this phase, up to total. */
  bytes: number
  total: number
}

export interface UploadOptions {
  /** The file's own name where it has one. */
  name?: string
  onProgress?: (progress: UploadProgress) => void
  /** Ends the upload, which then rejects with the signal's reason. */
  signal?: AbortSignal
  /** After an abort: leave on the server what has arrived, for going on within a day. */
  keep?: boolean
  /** From this size on a file goes in parts, 2 MiB. */
  resumableFrom?: number
  /** Parts under way at once, 2. */
  parallel?: number
  /** Failures in a row, without anything arriving in between, after which it is given up: 8, some two minutes. */
  retries?: number
}

interface Begun {
  fid: string
  partSize: number
  parts: number
  have: number[]
  /** The whole may be sent there instead of its parts here. */
  put?: { url: string; headers: Record<string, string>; expires: number }
}

const RESUMABLE_FROM = 2 * 1024 * 1024
const HASH_BYTES = 1024 * 1024
const FINISH_TIMEOUT_MS = 120_000
const BEGINNINGS = 3
const MISSING_PARTS = 2100

/** Stores a file. Small ones go in one request, large ones in parts: what has arrived stays, so that the same call for
 * the same file goes on where it was, after a lost connection by itself, after a reload when it is made again. Content
 * that the server has and the user may see is not sent at all. Rejects with an ImError: a refusal (2106: too large,
 * or no room), or code 0 after too many failures. */
export async function uploadFile(rest: Rest, blob: Blob, options: UploadOptions = {}): Promise<StoredFile> {
  const upload = new Upload(rest, blob, options)
  try {
    return await upload.run()
  } catch (error) {
    if (options.signal?.aborted && !options.keep) upload.forget()
    throw error
  }
}

/** The message that shows a file: `client.send(chat, content, options)`. */
export function fileMessage(file: StoredFile): { content: string; options: SendOptions } {
  const types = { image: MessageType.Image, video: MessageType.Video, audio: MessageType.File, file: MessageType.File }
  const { name, size, mime, width, height, blur } = file
  const known = Object.entries({ name, size, mime, width, height, blur }).filter(([, value]) => value !== undefined)
  return { content: file.url, options: { msgType: types[file.kind], ext: Object.fromEntries(known) } }
}

class Upload {
  private readonly name: string
  private readonly backoff = new Backoff()
  private failures = 0
  private most = 0
  private fid: string | undefined
  private elsewhereTried = false

  constructor(
    private readonly rest: Rest,
    private readonly blob: Blob,
    private readonly options: UploadOptions,
  ) {
    this.name = options.name ?? ('name' in blob && typeof blob.name === 'string' ? blob.name : '')
  }

  run(): Promise<StoredFile> {
    return this.blob.size < (this.options.resumableFrom ?? RESUMABLE_FROM) ? this.whole() : this.inParts()
  }

  /** Takes what has arrived away. */
  forget(): void {
    if (this.fid !== undefined) this.rest.post('/file/cancel', { fid: this.fid }).catch(() => undefined)
  }

  private async whole(): Promise<StoredFile> {
    this.tell('sending', 0)
    const path = `/file/upload?${new URLSearchParams({ name: this.name })}`
    const onSent = (bytes: number): void => this.tell('sending', bytes)
    const file = await this.trying(() =>
      this.rest.send<StoredFile>('POST', path, this.blob, { signal: this.options.signal, onSent }),
    )
    this.tell('sending', this.blob.size)
    return file
  }

  private async inParts(): Promise<StoredFile> {
    const { signal } = this.options
    const asked = { name: this.name, size: this.blob.size, sha256: await this.hash(), mime: this.blob.type }
    for (let beginning = 1; ; beginning++) {
      const begun = await this.trying(() => this.rest.post<Begun | StoredFile>('/file/init', asked, { signal }))
      this.fid = begun.fid
      if ('url' in begun) return begun
      try {
        if (!(await this.sendElsewhere(begun))) await this.sendParts(begun)
        this.tell('finishing', 0)
        const file = await this.trying(() =>
          this.rest.post<StoredFile>('/file/complete', { fid: begun.fid }, { signal, timeoutMs: FINISH_TIMEOUT_MS }),
        )
        this.tell('finishing', this.blob.size)
        return file
      } catch (error) {
        // It expired, or was cancelled by another of the user's devices: from the beginning.
        const lost = error instanceof ImError && (error.code === NOT_FOUND || error.code === MISSING_PARTS)
        if (!lost || beginning === BEGINNINGS) throw error
      }
    }
  }

  /** In slices, since neither the file need be in memory nor the page stand still. */
  private async hash(): Promise<string> {
    const { sha256 } = await import('@noble/hashes/sha2.js')
    const state = sha256.create()
    for (let at = 0; at < this.blob.size; at += HASH_BYTES) {
      this.tell('hashing', at)
      state.update(new Uint8Array(await this.blob.slice(at, at + HASH_BYTES).arrayBuffer()))
      this.options.signal?.throwIfAborted()
    }
    this.tell('hashing', this.blob.size)
    return Array.from(state.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** To the store itself, where the server offers it. Once: whatever is wrong with that way (the page may not go it, it
   * was cut), the server's own has parts, which survive a cut. False: it has to be that one. */
  private async sendElsewhere({ put, have }: Begun): Promise<boolean> {
    if (put === undefined || have.length > 0 || this.elsewhereTried) return false
    const onSent = (bytes: number): void => this.tell('sending', bytes)
    this.elsewhereTried = true
    this.tell('sending', 0)
    try {
      await this.rest.sendElsewhere(put.url, put.headers, this.blob, { signal: this.options.signal, onSent })
      return true
    } catch {
      this.options.signal?.throwIfAborted()
      this.tell('sending', 0)
      return false
    }
  }

  private async sendParts(begun: Begun): Promise<void> {
    const sizeOf = (number: number): number => Math.min(begun.partSize, this.blob.size - number * begun.partSize)
    const there = new Set(begun.have)
    const missing = Array.from({ length: begun.parts }, (_, number) => number).filter((number) => !there.has(number))
    const underWay = new Map<number, number>()
    let arrived = begun.have.reduce((sum, number) => sum + sizeOf(number), 0)
    const tell = (): void => this.tell('sending', [...underWay.values()].reduce((sum, bytes) => sum + bytes, arrived))
    const ending = linked(this.options.signal)
    const sendNext = async (): Promise<void> => {
      for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
        const part = number
        await this.trying(() => {
          const from = part * begun.partSize
          const onSent = (bytes: number): void => {
            underWay.set(part, bytes)
            tell()
          }
          return this.rest.send<true>('PUT', `/file/part?fid=${begun.fid}&n=${part}`, this.blob.slice(from, from + sizeOf(part)), {
            signal: ending.signal,
            onSent,
          })
        }, ending.signal)
        underWay.delete(part)
        arrived += sizeOf(part)
        tell()
      }
    }
    tell()
    try {
      await Promise.all(Array.from({ length: Math.min(this.options.parallel ?? 2, missing.length) }, sendNext))
    } catch (error) {
      ending.end(error) // The others of this file, too.
      throw error
    } finally {
      ending.release()
    }
  }

  private tell(phase: UploadProgress['phase'], bytes: number): void {
    this.most = bytes === 0 ? 0 : Math.max(this.most, bytes) // A part that failed does not make it less.
    this.options.onProgress?.({ phase, bytes: this.most, total: this.blob.size })
  }

  /** Until it works, is refused, or has failed too often in a row. */
  private async trying<T>(run: () => Promise<T>, signal = this.options.signal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted()
      try {
        const result = await run()
        this.failures = 0
        this.backoff.reset()
        return result
      } catch (error) {
        if (!isPassing(error)) throw error
        if (!isOffline() && ++this.failures > (this.options.retries ?? 8)) throw error
        await pause(Math.max(this.backoff.next(), (error.retryAfter ?? 0) * 1000), signal)
      }
    }
  }
}

function isPassing(error: unknown): error is ImError {
  if (!(error instanceof ImError)) return false
  const status = error.status ?? 0
  return error.code === UNREACHABLE || error.code === TOO_MANY || status === 408 || status >= 500
}

function isOffline(): boolean {
  return typeof navigator !== 'undefined' && navigator.onLine === false
}

/** Ends early when the network is back. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, failed) => {
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      globalThis.removeEventListener?.('online', over)
    }
    const over = (): void => {
      release()
      done()
    }
    const aborted = (): void => {
      release()
      failed(signal?.reason)
    }
    const timer = setTimeout(over, ms)
    signal?.addEventListener('abort', aborted)
    globalThis.addEventListener?.('online', over)
  })
}

/** A signal that ends with another one, or by itself. */
function linked(signal: AbortSignal | undefined): { signal: AbortSignal; end: (reason: unknown) => void; release: () => void } {
  const controller = new AbortController()
  const aborted = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) aborted()
  signal?.addEventListener('abort', aborted)
  return {
    signal: controller.signal,
    end: (reason) => controller.abort(reason),
    release: () => signal?.removeEventListener('abort', aborted),
  }
}
