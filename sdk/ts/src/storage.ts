import type { ChatRef, SendOptions } from './types.js'

/** How far this device has a chat's messages and changes. */
export interface Cursor extends ChatRef {
  seq: number
  mver: number
}

/** A message that the server has not acked yet. */
export interface Pending extends ChatRef {
  cid: string
  content: string
  options: SendOptions
  createAt: number
}

/** What a device knows between two starts. Everything is small; messages themselves are the application's to keep.
 * An application that keeps messages should write them and the cursor in one step: it is told of both by the client's
 * `messages` event before the cursor is saved. */
export interface Storage {
  load(): Promise<State>
  saveEpoch(epoch: string, pver: number): Promise<void>
  saveCursor(cursor: Cursor): Promise<void>
  /** The epoch changed, or the user is in the chat no more. */
  dropCursor(chat: ChatRef): Promise<void>
  dropCursors(): Promise<void>
  savePending(pending: Pending): Promise<void>
  dropPending(cid: string): Promise<void>
}

export interface State {
  epoch: string | undefined
  pver: number
  cursors: Cursor[]
  /** In the order in which they were sent. */
  pending: Pending[]
}

/** Forgets everything with the page or process. */
export class MemoryStorage implements Storage {
  private epoch: string | undefined
  private pver = 0
  private readonly cursors = new Map<string, Cursor>()
  private readonly pending = new Map<string, Pending>()

  async load(): Promise<State> {
    return { epoch: this.epoch, pver: this.pver, cursors: [...this.cursors.values()], pending: [...this.pending.values()] }
  }

  async saveEpoch(epoch: string, pver: number): Promise<void> {
    this.epoch = epoch
    this.pver = pver
  }

  async saveCursor(cursor: Cursor): Promise<void> {
    this.cursors.set(chatKey(cursor), { ...cursor })
  }

  async dropCursor(chat: ChatRef): Promise<void> {
    this.cursors.delete(chatKey(chat))
  }

  async dropCursors(): Promise<void> {
    this.cursors.clear()
  }

  async savePending(pending: Pending): Promise<void> {
    this.pending.set(pending.cid, pending)
  }

  async dropPending(cid: string): Promise<void> {
    this.pending.delete(cid)
  }
}

/** One name for a chat, however the address is written. */
export function chatKey(chat: ChatRef): string {
  return `${chat.chat}:${chat.dstObj.toLowerCase()}`
}
