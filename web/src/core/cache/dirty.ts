import { plain } from './clientStorage'
import type { Cache, CacheSchema } from './db'

/** The stores of the cache whose values are kept as they then are. */
type Store = 'chats' | 'people'

/** Keeps what changed of a store, by key: one transaction at a time, and what changes meanwhile goes with the next one. A
 * transaction for each value would pile up where many come at once, as all friends do. */
export class Dirty<S extends Store> {
  private readonly keys = new Set<string>()
  private cache: Cache | undefined
  private writing = false

  constructor(
    private readonly store: S,
    /** The value as it is now; undefined: there is none any more. */
    private readonly valueOf: (key: string) => CacheSchema[S]['value'] | undefined,
  ) {}

  add(key: string): void {
    this.keys.add(key)
    this.begin()
  }

  /** What changed before goes there, too. */
  open(cache: Cache): void {
    this.cache = cache
    this.begin()
  }

  close(): void {
    this.cache = undefined
    this.keys.clear()
  }

  private begin(): void {
    if (!this.writing && this.cache) void this.write()
  }

  private async write(): Promise<void> {
    this.writing = true
    try {
      // What changes in one go is written in one go.
      for (await undefined; this.cache && this.keys.size > 0; ) {
        const tx = this.cache.transaction(this.store, 'readwrite')
        for (const key of this.keys) {
          const value = this.valueOf(key)
          if (value) void tx.store.put(plain(value))
        }
        this.keys.clear()
        await tx.done
      }
    } finally {
      this.writing = false
    }
  }
}
