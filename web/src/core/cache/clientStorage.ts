import { chatKey, type ChatRef, type Cursor, type Pending, type State, type Storage } from '@im-service/client'
import type { Cache } from './db'
import { heldSlots } from './slot'

/** The SDK's storage over IndexedDB. Cursors belong to the tab's slot; what waits to be sent to everybody, and is taken
 * over when its tab is gone: the cid makes a message that was stored meanwhile harmless. */
export class CacheStorage implements Storage {
  constructor(
    private readonly cache: Cache,
    private readonly slot: number,
    /** Begins to write the messages that came. */
    private readonly flush: () => Promise<void>,
  ) {}

  async load(): Promise<State> {
    const range = IDBKeyRange.bound([this.slot, ''], [this.slot, '\uffff'])
    const cursors = await this.cache.getAll('cursors', range)
    return {
      epoch: (await this.cache.get('meta', `epoch:${this.slot}`)) as string | undefined,
      pver: ((await this.cache.get('meta', `pver:${this.slot}`)) as number | undefined) ?? 0,
      cursors: cursors.map(({ chat, dstObj, seq, mver }) => ({ chat, dstObj, seq, mver })),
      pending: await adoptPending(this.cache, this.slot, true),
    }
  }

  async saveEpoch(epoch: string, pver: number): Promise<void> {
    const tx = this.cache.transaction('meta', 'readwrite')
    await Promise.all([tx.store.put(epoch, `epoch:${this.slot}`), tx.store.put(pver, `pver:${this.slot}`), tx.done])
  }

  async saveCursor(cursor: Cursor): Promise<void> {
    // Together with `messages`: it waits for the writes of the messages that moved it.
    this.flush().catch(() => undefined)
    const tx = this.cache.transaction(['cursors', 'messages'], 'readwrite')
    await tx.objectStore('cursors').put({ ...cursor, slot: this.slot, key: chatKey(cursor) })
    await tx.done
  }

  async dropCursor(chat: ChatRef): Promise<void> {
    await this.cache.delete('cursors', [this.slot, chatKey(chat)])
  }

  async dropCursors(): Promise<void> {
    await this.cache.delete('cursors', IDBKeyRange.bound([this.slot, ''], [this.slot, '\uffff']))
  }

  async savePending(pending: Pending): Promise<void> {
    await this.cache.put('pending', { ...plain(pending), slot: this.slot })
  }

  async dropPending(cid: string): Promise<void> {
    await this.cache.delete('pending', cid)
  }
}

/** What tabs that are gone left unsent becomes this slot's, oldest first; with `own`, what is its own comes along. Of
 * several tabs one gets each: the transactions come one after the other. */
export async function adoptPending(cache: Cache, slot: number, own: boolean): Promise<Pending[]> {
  const held = await heldSlots()
  const tx = cache.transaction('pending', 'readwrite')
  const mine = (await tx.store.getAll()).filter((pending) => (pending.slot === slot ? own : !held.has(pending.slot)))
  for (const pending of mine) await tx.store.put({ ...pending, slot })
  await tx.done
  return mine.sort((a, b) => a.createAt - b.createAt).map(({ slot: _, ...pending }) => pending)
}

/** IndexedDB takes no proxies. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
