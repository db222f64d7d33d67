import { chatKey, type Ack, type ChatRef, type ImError, type Pending, type SendOptions } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
import { heldSlots } from './cache/slot'
import { useSession } from './session'

/** A message of one's own that has no seq yet. */
export interface Outgoing {
  pending: Pending
  /** Refused by the server: the reason. It may be sent again or dropped. */
  error: { code: number; msg: string } | undefined
  /** While its file is being uploaded: bytes so far and in all, and where the file may be looked at meanwhile. */
  upload?: { sent: number; size: number; preview: string | undefined }
}

/** By the tab's slot, as `failed:<slot>`. */
const FAILED = 'failed:'

/** What is done with a row whose file is on its way: core/uploads.ts. */
export interface UploadActions {
  again: (outgoing: Outgoing) => void
  drop: (outgoing: Outgoing) => void
}

/** What is on its way, by chat, in the order of sending. The SDK sends; this is what the screen shows of it. */
export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const byChat = reactive(new Map<string, Outgoing[]>())
  let cache: Cache | undefined
  let slot = 0
  let uploads: UploadActions | undefined

  function listOf(ref: ChatRef): Outgoing[] {
    const key = chatKey(ref)
    let list = byChat.get(key)
    if (!list) {
      byChat.set(key, [])
      list = byChat.get(key)!
    }
    return list
  }

  function send(ref: ChatRef, content: string, options: SendOptions = {}): string {
    const client = session.client!
    const { cid } = client.send(ref, content, plain(options))
    listOf(ref).push({ pending: { chat: ref.chat, dstObj: ref.dstObj, cid, content, options, createAt: Date.now() }, error: undefined })
    return cid
  }

  function take(pending: Pending): Outgoing | undefined {
    const list = listOf(pending)
    const at = list.findIndex((one) => one.pending.cid === pending.cid)
    return at < 0 ? undefined : list.splice(at, 1)[0]
  }

  /** Stored. Its echo came before, and is in the chat. */
  function sent(pending: Pending, _ack: Ack): void {
    take(pending)
  }

  function failed(pending: Pending, error: ImError): void {
    const list = listOf(pending)
    const found = list.find((one) => one.pending.cid === pending.cid)
    const outgoing = found ?? { pending, error: undefined }
    outgoing.error = { code: error.code, msg: error.message }
    if (!found) list.push(outgoing)
    keepFailed()
  }

  /** A row for a file that is on its way; its message is sent under the same cid. Returns it as the screen has it. */
  function show(outgoing: Outgoing): Outgoing {
    const list = listOf(outgoing.pending)
    const there = list.find(({ pending }) => pending.cid === outgoing.pending.cid)
    if (there) return Object.assign(there, outgoing)
    list.push(outgoing)
    return list.at(-1)!
  }

  function handleUploads(actions: UploadActions): void {
    uploads = actions
  }

  function again(outgoing: Outgoing): void {
    if (outgoing.upload) return uploads?.again(outgoing)
    const { chat, dstObj, content, options } = outgoing.pending
    drop(outgoing)
    send({ chat, dstObj }, content, options)
  }

  /** Takes back what failed, or a file that is still on its way. */
  function drop(outgoing: Outgoing): void {
    if (outgoing.upload) uploads?.drop(outgoing)
    take(outgoing.pending)
    keepFailed()
  }

  /** Refused messages are the user's to send again or to drop, also after a reload. */
  function keepFailed(): void {
    const list = [...byChat.values()].flat().filter(({ error, upload }) => error !== undefined && !upload)
    void cache?.put('meta', plain(list), FAILED + slot)
  }

  async function open(opened: Cache, own: number): Promise<void> {
    cache = opened
    slot = own
    const held = await heldSlots()
    const tx = opened.transaction('meta', 'readwrite')
    const found: Outgoing[] = []
    for (const key of await tx.store.getAllKeys(IDBKeyRange.bound(FAILED, `${FAILED}\uffff`))) {
      const of = Number(key.slice(FAILED.length))
      if (of !== own && held.has(of)) continue
      found.push(...((await tx.store.get(key)) as Outgoing[]))
      await tx.store.delete(key)
    }
    if (found.length > 0) await tx.store.put(found, FAILED + own)
    await tx.done
    if (cache !== opened) return // Logged out meanwhile.
    for (const outgoing of found) listOf(outgoing.pending).push(outgoing)
  }

  /** What an earlier start left in the SDK's queue. */
  function restore(pending: Pending[]): void {
    for (const one of pending) {
      const list = listOf(one)
      if (!list.some(({ pending: { cid } }) => cid === one.cid)) list.push({ pending: one, error: undefined })
    }
  }

  function close(): void {
    cache = undefined
    byChat.clear()
  }

  return { byChat, listOf, send, sent, failed, show, handleUploads, again, drop, restore, open, close }
})
