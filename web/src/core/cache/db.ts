import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Cursor, Message, Pending } from '@im-service/client'
import type { Chat } from '@/core/chat'
import type { Draft } from '@/core/drafts'
import type { Group } from '@/core/groups'
import type { Person } from '@/core/people'
import type { UploadRecord } from '@/core/uploads'

/** What one user's browser keeps. Everything can be read again from the server, but for `pending`,
 * `drafts` and `uploads`. */
export interface CacheSchema extends DBSchema {
  /** By name: `epoch:<slot>`, `pver:<slot>`, and what features keep for themselves. */
  meta: { key: string; value: unknown }
  /** How far each tab's device is, by [slot, chat]. */
  cursors: { key: [number, string]; value: Cursor & { slot: number; key: string } }
  /** Not acked yet, by cid, in the order of `createAt`. */
  pending: { key: string; value: Pending & { slot: number } }
  /** By [chat, seq]. */
  messages: { key: [string, number]; value: Message & { key: string } }
  chats: { key: string; value: Chat }
  people: { key: string; value: Person }
  groups: { key: string; value: Group }
  /** What was typed and not sent, by chat. */
  drafts: { key: string; value: Draft }
  /** Files on their way, by the cid of the message that will show them. */
  uploads: { key: string; value: UploadRecord }
}

export type Cache = IDBPDatabase<CacheSchema>

const VERSION = 2

function nameOf(email: string): string {
  return `im:${email.toLowerCase()}`
}

export function openCache(email: string): Promise<Cache> {
  return openDB<CacheSchema>(nameOf(email), VERSION, {
    upgrade(db, from) {
      if (from < 2) db.createObjectStore('uploads', { keyPath: 'cid' })
      if (from >= 1) return
      db.createObjectStore('meta')
      db.createObjectStore('cursors', { keyPath: ['slot', 'key'] })
      db.createObjectStore('pending', { keyPath: 'cid' })
      db.createObjectStore('messages', { keyPath: ['key', 'seq'] })
      db.createObjectStore('chats', { keyPath: 'key' })
      db.createObjectStore('people', { keyPath: 'email' })
      db.createObjectStore('groups', { keyPath: 'id' })
      db.createObjectStore('drafts', { keyPath: 'key' })
    },
    /** Another tab brings a newer client, or the user logs out there. */
    blocking(_version, wanted, event) {
      ;(event.target as IDBDatabase).close()
      if (wanted !== null) location.reload()
    },
  })
}

export function deleteCache(email: string): Promise<void> {
  return deleteDB(nameOf(email))
}
