import { ImError, TOO_MANY } from './error.js'
import { chatKey, type Pending, type Storage } from './storage.js'
import type { ChatKind, ChatRef } from './types.js'

/** What the server says of a stored message (frame 1). */
export interface Ack {
  cid: string
  id: number
  chat: ChatKind
  dstObj: string
  seq: number
  createAt: number
  /** It had been stored before: this was a resend. */
  dup?: boolean
}

interface Entry {
  pending: Pending
  settle: { resolve: (ack: Ack) => void; reject: (error: ImError) => void } | undefined
}

/** Messages on their way. Each stays until the server has acked or refused it, whatever happens to connections
 * meanwhile; a resend carries the same cid, which makes it harmless. Of one chat one is under way at a time, so
 * that they arrive in the order in which they were sent. */
export class Outbox {
  private readonly queues = new Map<string, Entry[]>()
  private readonly underway = new Map<string, { key: string; timer: ReturnType<typeof setTimeout> }>()
  private paused: ReturnType<typeof setTimeout> | undefined
  private live = false

  constructor(
    private readonly storage: Storage,
    private readonly write: (frame: object) => boolean,
    private readonly settled: (pending: Pending, outcome: Ack | ImError) => void,
    private readonly ackTimeoutMs = 10_000,
  ) {}

  /** What an earlier start left behind goes first. What was queued since this one began is in the storage, too, and
   * stays where it is. */
  restore(pending: Pending[]): void {
    const queued = new Set(this.waiting.map(({ cid }) => cid))
    for (const one of pending.filter(({ cid }) => !queued.has(cid)).reverse())
      this.queue(one).unshift({ pending: one, settle: undefined })
  }

  add(pending: Pending): Promise<Ack> {
    return new Promise((resolve, reject) => {
      this.queue(pending).push({ pending, settle: { resolve, reject } })
      void this.storage.savePending(pending).then(() => this.go(chatKey(pending)))
    })
  }

  /** Not acked yet, in the order of sending within each chat. */
  get waiting(): Pending[] {
    return [...this.queues.values()].flat().map((entry) => entry.pending)
  }

  start(): void {
    this.live = true
    for (const key of this.queues.keys()) this.go(key)
  }

  stop(): void {
    this.live = false
    clearTimeout(this.paused)
    this.paused = undefined
    for (const { timer } of this.underway.values()) clearTimeout(timer)
    this.underway.clear()
  }

  /** false: it is of no message here. */
  acked(ack: Ack): boolean {
    const entry = this.take(ack.cid)
    if (!entry) return false
    entry.settle?.resolve(ack)
    this.settled(entry.pending, ack)
    return true
  }

  /** A refusal is the end of a message, but for one that came too fast. */
  refused(cid: string, error: ImError): boolean {
    if (error.code === TOO_MANY) {
      const known = this.underway.has(cid)
      if (known) this.pause((error.retryAfter ?? 1) * 1000)
      return known
    }
    const entry = this.take(cid)
    if (!entry) return false
    entry.settle?.reject(error)
    this.settled(entry.pending, error)
    return true
  }

  private pause(ms: number): void {
    this.stop()
    this.paused = setTimeout(() => this.start(), ms)
  }

  private queue(chat: ChatRef): Entry[] {
    const key = chatKey(chat)
    let queue = this.queues.get(key)
    if (!queue) this.queues.set(key, (queue = []))
    return queue
  }

  private take(cid: string): Entry | undefined {
    for (const [key, queue] of this.queues) {
      const at = queue.findIndex((entry) => entry.pending.cid === cid)
      if (at < 0) continue
      const [entry] = queue.splice(at, 1)
      if (queue.length === 0) this.queues.delete(key)
      clearTimeout(this.underway.get(cid)?.timer)
      this.underway.delete(cid)
      void this.storage.dropPending(cid)
      this.go(key)
      return entry
    }
    return undefined
  }

  private go(key: string): void {
    const first = this.queues.get(key)?.[0]
    if (!this.live || !first || this.underway.has(first.pending.cid)) return
    const { chat, dstObj, cid, content, options, createAt } = first.pending
    if (!this.write({ cmd: chat, dstObj, cid, content, createAt, msgType: 1, ...options })) return
    const timer = setTimeout(() => {
      this.underway.delete(cid)
      this.go(key)
    }, this.ackTimeoutMs)
    this.underway.set(cid, { key, timer })
  }
}
