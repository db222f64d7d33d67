import { chatKey, fileMessage, ImError, uploadFile, uuid7, type ChatRef, type SendOptions, type UploadOptions } from '@im-service/client'
import { defineStore } from 'pinia'
import { watch } from 'vue'
import type { Cache } from './cache/db'
import { heldSlots } from './cache/slot'
import { useOutbox, type Outgoing } from './outbox'
import { useSession } from './session'

/** A file on its way, as the browser keeps it. */
export interface UploadRecord extends ChatRef {
  cid: string
  slot: number
  createAt: number
  blob: Blob
  name: string
  /** msgType as wished: 8 and 9 are kept, a picture or video is what the server finds it to be. */
  options: SendOptions
  error?: { code: number; msg: string }
  /** It is on the server; this message is what is left to send. */
  stored?: { content: string; signed: string; options: SendOptions }
}

export interface FileToSend {
  blob: Blob
  name: string
  msgType: number
  ext?: Record<string, unknown>
  reply?: number
}

interface Running {
  record: UploadRecord
  row: Outgoing
  ending: AbortController | undefined
  options: UploadOptions
}

const AT_ONCE = 2
const REVOKE_AFTER_MS = 30_000
const UNKNOWN = 1 // No code of the protocol: the text says what it is.

/** Files that are being sent: two at a time, their messages in order within each chat. They survive being offline, and
 * a reload: the file is kept in the browser until its message is with the SDK. */
export const useUploads = defineStore('uploads', () => {
  const session = useSession()
  const outbox = useOutbox()
  const queue: Running[] = []
  let cache: Cache | undefined
  let slot = 0

  outbox.handleUploads({ again: retry, drop: discard })
  watch(
    () => session.state,
    (state) => state === 'live' && pump(),
  )

  /** Queues files to a chat. */
  async function send(ref: ChatRef, files: FileToSend[]): Promise<void> {
    const saving = files.map(({ blob, name, msgType, ext, reply }) => {
      const options: SendOptions = { msgType, ext: { name, size: blob.size, mime: blob.type, ...ext }, ...(reply === undefined ? {} : { reply }) }
      const record: UploadRecord = { chat: ref.chat, dstObj: ref.dstObj, cid: uuid7(), slot, createAt: Date.now(), blob, name, options }
      add(record)
      return save(record)
    })
    pump()
    await Promise.all(saving)
  }

  function add(record: UploadRecord): void {
    if (queue.some((one) => one.record.cid === record.cid)) return
    const { chat, dstObj, cid, createAt, options, blob, error } = record
    const shown = /^(image|video|audio)\//.test(blob.type)
    const row = outbox.show({
      pending: { chat, dstObj, cid, content: '', options, createAt },
      error,
      upload: { sent: 0, size: blob.size, preview: shown ? URL.createObjectURL(blob) : undefined },
    })
    queue.push({ record, row, ending: undefined, options: {} })
  }

  /** Without room for it in the browser a file is sent all the same; only a reload ends it. */
  async function save(record: UploadRecord): Promise<void> {
    await cache?.put('uploads', record).catch(() => undefined)
  }

  function pump(): void {
    for (const one of queue) {
      if (queue.filter(({ ending }) => ending !== undefined).length >= AT_ONCE) return
      if (!one.ending && !one.record.stored && !one.record.error) void run(one)
    }
  }

  async function run(one: Running): Promise<void> {
    const { record, row } = one
    const ending = new AbortController()
    one.ending = ending
    one.options = {
      name: record.name,
      signal: ending.signal,
      onProgress: ({ phase, bytes }) => {
        if (row.upload) row.upload.sent = phase === 'hashing' ? 0 : phase === 'finishing' ? record.blob.size : bytes
      },
    }
    try {
      const file = await uploadFile(session.rest, record.blob, one.options)
      const message = fileMessage(file)
      const { msgType } = record.options
      const kept = msgType === 8 || msgType === 9
      const options: SendOptions = { ...record.options, msgType: kept ? msgType : message.options.msgType!, ext: { ...record.options.ext, ...message.options.ext } }
      record.stored = { content: message.content, signed: file.signed, options }
      await save(record)
    } catch (error) {
      if (ending.signal.aborted) return
      failed(one, error)
    } finally {
      one.ending = undefined
    }
    release(record)
    pump()
  }

  function failed(one: Running, error: unknown): void {
    const passing = error instanceof ImError && error.code === 0
    if (passing && session.state !== 'live') return // Until the connection is back.
    const said = error instanceof ImError ? { code: error.code, msg: error.message } : { code: UNKNOWN, msg: String(error) }
    one.record.error = said
    one.row.error = said
    void save(one.record)
  }

  /** Sends what is uploaded, as far as nothing before it is still on its way. */
  function release(ref: ChatRef): void {
    const key = chatKey(ref)
    for (const one of queue.filter(({ record }) => chatKey(record) === key)) {
      const { record, row } = one
      if (record.error) continue
      if (!record.stored) return
      const { content, signed, options } = record.stored
      row.pending = { ...row.pending, content: signed, options }
      revoke(row)
      delete row.upload
      if (!session.client?.pending.some(({ cid }) => cid === record.cid)) session.client?.send(record, content, { ...options, cid: record.cid })
      remove(one)
    }
  }

  function remove(one: Running): void {
    const at = queue.indexOf(one)
    if (at >= 0) queue.splice(at, 1)
    void cache?.delete('uploads', one.record.cid)
  }

  function revoke(row: Outgoing): void {
    const address = row.upload?.preview
    if (address !== undefined) setTimeout(() => URL.revokeObjectURL(address), REVOKE_AFTER_MS)
  }

  function find(outgoing: Outgoing): Running | undefined {
    return queue.find(({ record }) => record.cid === outgoing.pending.cid)
  }

  function retry(outgoing: Outgoing): void {
    const one = find(outgoing)
    if (!one) return
    delete one.record.error
    one.row.error = undefined
    if (one.row.upload) one.row.upload.sent = 0
    void save(one.record)
    pump()
  }

  /** Takes a file back, under way or failed. */
  function discard(outgoing: Outgoing): void {
    const one = find(outgoing)
    if (!one) return
    one.ending?.abort(new DOMException('cancelled', 'AbortError'))
    one.ending = undefined
    revoke(one.row)
    remove(one)
    release(one.record)
    pump()
  }

  /** Takes over what closed tabs left. */
  async function adopt(): Promise<void> {
    if (!cache) return
    const held = await heldSlots()
    const tx = cache.transaction('uploads', 'readwrite')
    const left = (await tx.store.getAll()).filter((record) => record.slot === slot || !held.has(record.slot))
    const known = new Set(queue.map(({ record }) => record.cid))
    const mine = left.filter(({ cid }) => !known.has(cid))
    for (const record of mine) await tx.store.put({ ...record, slot })
    await tx.done
    for (const record of mine.sort((a, b) => a.createAt - b.createAt)) add({ ...record, slot })
    for (const record of mine) if (record.stored) release(record)
    if (mine.length > 0) pump()
  }

  /** After the SDK's own queue is there: what had been handed to it is not sent anew. */
  async function open(opened: Cache, own: number): Promise<void> {
    cache = opened
    slot = own
    await adopt()
  }

  function close(): void {
    cache = undefined
    for (const one of queue.splice(0)) {
      one.options.keep = true
      one.ending?.abort(new DOMException('closed', 'AbortError'))
      revoke(one.row)
    }
  }

  return { send, retry, discard, adopt, open, close }
})
