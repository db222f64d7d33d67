import type { Change, Message } from '@im-service/client'
import { changedMessage, isUncertain, seqsOf } from '@/core/chat'
import { plain } from './clientStorage'
import type { Cache } from './db'

/** Consecutive history: every seq from low to high is one of the messages, or none that this user may see. */
export interface Run {
  messages: Message[]
  low: number
  high: number
}

/** A seq that this user has no message of (he deleted it for himself), so that runs do not end there. */
type Hole = { seq: number; hole: true }
type Stored = (Message | Hole) & { key: string }

/** Holes that are worth being written down, in one run. */
const HOLES_MAX = 500

/** Messages as this browser last saw them. */
export class MessageCache {
  private rows: Stored[] = []
  private flushing: Promise<void> | undefined
  /** The transaction that writes now. */
  private running: Promise<unknown> = Promise.resolve()

  constructor(private readonly cache: Cache) {}

  async put(key: string, messages: Message[]): Promise<void> {
    await this.write(messages.map((message) => ({ ...plain(message), key })))
  }

  async putRun(key: string, { messages, low, high }: Run): Promise<void> {
    const rows: Stored[] = messages.map((message) => ({ ...plain(message), key }))
    if (high - low + 1 - rows.length <= HOLES_MAX) {
      const there = new Set(messages.map(({ seq }) => seq))
      for (let seq = low; seq <= high; seq++) if (!there.has(seq)) rows.push({ key, seq, hole: true })
    }
    await this.write(rows)
  }

  /** What comes in one go, as all chats after a start, is written in one transaction, and what comes while that is under
   * way in the next: a transaction for each message would pile up wherever messages come faster than the disk takes them. */
  private write(rows: Stored[]): Promise<void> {
    this.rows.push(...rows)
    return (this.flushing ??= this.running.then(() => this.flush()))
  }

  /** All that was put is in a transaction, before what is begun after this. */
  async flush(): Promise<void> {
    const { rows } = this
    this.flushing = undefined
    this.rows = []
    if (rows.length === 0) return
    const tx = this.cache.transaction(['cursors', 'messages'], 'readwrite')
    for (const row of rows) void tx.objectStore('messages').put(row as Message & { key: string })
    this.running = tx.done.catch(() => undefined)
    await tx.done
  }

  async change(key: string, change: Change): Promise<void> {
    void this.flush()
    const tx = this.cache.transaction(['cursors', 'messages'], 'readwrite')
    const store = tx.objectStore('messages')
    for (const seq of seqsOf(change)) {
      const stored = (await store.get([key, seq])) as Stored | undefined
      if (!stored || 'hole' in stored) continue
      if (isUncertain(stored, change)) {
        // It is read anew by whoever wants it.
        await store.delete([key, seq])
        continue
      }
      const now = changedMessage(stored, change)
      await store.put((now ? { ...plain(now), key } : { key, seq, hole: true }) as Message & { key: string })
    }
    await tx.done
  }

  async get(key: string, seq: number): Promise<Message | undefined> {
    void this.flush()
    const stored = (await this.cache.get('messages', [key, seq])) as Stored | undefined
    return stored && !('hole' in stored) ? bare(stored) : undefined
  }

  /** The run around a seq that is there: up to `before` seqs below it and `after` above it. */
  async run(key: string, seq: number, before: number, after: number): Promise<Run | undefined> {
    void this.flush()
    const range = IDBKeyRange.bound([key, seq - before], [key, seq + after])
    const rows = (await this.cache.getAll('messages', range)) as Stored[]
    const at = rows.findIndex((row) => row.seq === seq)
    if (at < 0) return undefined
    let [from, to] = [at, at]
    while (from > 0 && rows[from - 1]!.seq === rows[from]!.seq - 1) from--
    while (to + 1 < rows.length && rows[to + 1]!.seq === rows[to]!.seq + 1) to++
    const messages: Message[] = []
    for (const row of rows.slice(from, to + 1)) if (!('hole' in row)) messages.push(bare(row))
    return { messages, low: rows[from]!.seq, high: rows[to]!.seq }
  }

  /** The greatest seq that is there; 0: none. */
  async latest(key: string): Promise<number> {
    void this.flush()
    const range = IDBKeyRange.bound([key, 0], [key, Number.MAX_SAFE_INTEGER])
    const cursor = await this.cache.transaction('messages').store.openKeyCursor(range, 'prev')
    return cursor?.primaryKey[1] ?? 0
  }

  async drop(key: string, below = Number.MAX_SAFE_INTEGER): Promise<void> {
    void this.flush()
    await this.cache.delete('messages', IDBKeyRange.bound([key, 0], [key, below], false, true))
  }

  async clear(): Promise<void> {
    void this.flush()
    await this.cache.clear('messages')
  }
}

function bare({ key: _, ...message }: Message & { key: string }): Message {
  return message
}
