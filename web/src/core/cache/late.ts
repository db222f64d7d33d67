import type { Cursor, Pending, ChatRef, State, Storage } from '@im-service/client'
import type { Kept } from '@/core/timeline'
import type { MessageCache, Run } from './messages'

/** What comes once, later; who asks before waits. What never comes, as after a log-out, leaves them waiting. */
export class Late<T> {
  private settle: (value: T) => void = () => undefined
  private readonly coming = new Promise<T>((settle) => (this.settle = settle))
  private here: T | undefined

  get value(): T | undefined {
    return this.here
  }

  come(value: T): void {
    this.here = value
    this.settle(value)
  }

  wait(): Promise<T> {
    return this.coming
  }
}

/** The SDK's storage, before the cache is open: what is to be kept waits, in order. */
export class LateStorage implements Storage {
  constructor(private readonly late: Late<Storage>) {}

  async load(): Promise<State> {
    return (await this.late.wait()).load()
  }

  async saveEpoch(epoch: string, pver: number): Promise<void> {
    return (await this.late.wait()).saveEpoch(epoch, pver)
  }

  async saveCursor(cursor: Cursor): Promise<void> {
    return (await this.late.wait()).saveCursor(cursor)
  }

  async dropCursor(chat: ChatRef): Promise<void> {
    return (await this.late.wait()).dropCursor(chat)
  }

  async dropCursors(): Promise<void> {
    return (await this.late.wait()).dropCursors()
  }

  async savePending(pending: Pending): Promise<void> {
    return (await this.late.wait()).savePending(pending)
  }

  async dropPending(cid: string): Promise<void> {
    return (await this.late.wait()).dropPending(cid)
  }
}

/** Histories, before the cache is open. */
export class LateMessages implements Kept {
  constructor(private readonly late: Late<MessageCache>) {}

  isOpen(): boolean {
    return this.late.value !== undefined
  }

  async run(key: string, seq: number, before: number, after: number): Promise<Run | undefined> {
    return (await this.late.wait()).run(key, seq, before, after)
  }

  async latest(key: string): Promise<number> {
    return (await this.late.wait()).latest(key)
  }

  async putRun(key: string, run: Run): Promise<void> {
    return (await this.late.wait()).putRun(key, run)
  }
}
