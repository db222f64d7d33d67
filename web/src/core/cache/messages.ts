import type { Change, Message } from '@im-service/client'
import { changedMessage, seqsOf } from '@/core/chat'
import { plain } from './clientStorage'
import type { Cache } from './db'

/** Messages as this browser last saw them. */
export class MessageCache {
  constructor(private readonly cache: Cache) {}

  async put(key: string, messages: Message[]): Promise<void> {
    const tx = this.cache.transaction(['cursors', 'messages'], 'readwrite')
    for (const message of messages) void tx.objectStore('messages').put({ ...plain(message), key })
    await tx.done
  }

  async change(key: string, change: Change): Promise<void> {
    const tx = this.cache.transaction(['cursors', 'messages'], 'readwrite')
    const store = tx.objectStore('messages')
    for (const seq of seqsOf(change)) {
      const stored = await store.get([key, seq])
      if (!stored) continue
      const now = changedMessage(stored, change)
      if (now) await store.put({ ...plain(now), key })
      else await store.delete([key, seq])
    }
    await tx.done
  }

  async get(key: string, seq: number): Promise<Message | undefined> {
    const stored = await this.cache.get('messages', [key, seq])
    if (!stored) return undefined
    const { key: _, ...message } = stored
    return message
  }

  /** The newest `limit` up to and with `last`, oldest first, without a gap of seqs between them (a message that this
   * user deleted for himself leaves one, and the rest is asked of the server). */
  async newest(key: string, last: number, limit: number): Promise<Message[]> {
    const found: Message[] = []
    const range = IDBKeyRange.bound([key, 0], [key, last])
    let cursor = await this.cache.transaction('messages').store.openCursor(range, 'prev')
    for (let expected = last; cursor && found.length < limit && cursor.value.seq === expected; expected--) {
      const { key: _, ...message } = cursor.value
      found.push(message)
      cursor = await cursor.continue()
    }
    return found.reverse()
  }

  async drop(key: string, below = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.cache.delete('messages', IDBKeyRange.bound([key, 0], [key, below], false, true))
  }

  async clear(): Promise<void> {
    await this.cache.clear('messages')
  }
}
