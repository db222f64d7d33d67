import type { Frame } from './types.js'

/** What is needed of a WebSocket: the browser's own, or a package's. */
export interface SocketLike {
  readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number): void
}

export type SocketFactory = (url: string) => SocketLike

const OPEN = 1

/** One socket from its opening to its end, frames as objects, watched for silence. */
export class Link {
  private silence: ReturnType<typeof setTimeout> | undefined
  private heart: ReturnType<typeof setInterval> | undefined
  private ended = false

  constructor(
    private readonly socket: SocketLike,
    private readonly taken: (frame: Frame) => void,
    private readonly closed: (code: number) => void,
    private readonly openTimeoutMs = 10_000,
  ) {
    socket.onmessage = (event) => this.message(event.data)
    socket.onclose = (event) => this.end(event.code)
    socket.onerror = () => undefined // A close follows.
    this.expect(this.openTimeoutMs)
  }

  /** Asks for a sign of life every so many seconds from now on, and ends the link when there is none. */
  beat(everySeconds: number): void {
    const everyMs = Math.max(1, everySeconds) * 1000
    clearInterval(this.heart)
    this.heart = setInterval(() => {
      this.send({ cmd: 0 })
      this.expect(Math.max(5000, everyMs / 2))
    }, everyMs)
  }

  /** false: it is not open; the frame is dropped. */
  send(frame: object): boolean {
    if (this.ended || this.socket.readyState !== OPEN) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  close(code = 1000): void {
    if (this.ended) return
    try {
      this.socket.close(code)
    } catch {
      // It was not open yet: it ends by itself.
    }
    this.end(code)
  }

  private expect(withinMs: number): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.close(4000), withinMs)
  }

  private message(data: unknown): void {
    if (this.ended) return
    clearTimeout(this.silence)
    const frame = parsed(data)
    if (frame) this.taken(frame)
  }

  private end(code: number): void {
    if (this.ended) return
    this.ended = true
    clearTimeout(this.silence)
    clearInterval(this.heart)
    this.closed(code)
  }
}

function parsed(data: unknown): Frame | undefined {
  try {
    const value: unknown = JSON.parse(String(data))
    const isFrame = typeof value === 'object' && value !== null && typeof (value as Frame).cmd === 'number'
    return isFrame ? (value as Frame) : undefined
  } catch {
    return undefined
  }
}
