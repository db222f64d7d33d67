import { chatKey, type ChatRef } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
import { useChats } from './chats'
import { bytesOf } from './limits'
import { useSession } from './session'

/** Somebody named in a text, as `@name`. */
export interface Named {
  name: string
  email: string
}

/** What was typed in a chat and not sent. */
export interface Draft extends ChatRef {
  key: string
  text: string
  /** What the server has of it, as far as this browser knows. */
  synced: string
  reply?: number
  at?: Named[]
}

const PUSH_AFTER_MS = 1500
const SERVER_MAX = 16 * 1024

/** Drafts: in this browser at once, on the server soon, so that they survive a crash and are on every device. */
export const useDrafts = defineStore('drafts', () => {
  const session = useSession()
  const chats = useChats()
  const all = reactive(new Map<string, Draft>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const dirty = new Set<string>()
  /** What was pushed and has not come back yet: an echo is no news. */
  const echoes = new Map<string, string[]>()
  let writing = false
  let cache: Cache | undefined

  function of(ref: ChatRef): Draft {
    const key = chatKey(ref)
    let draft = all.get(key)
    if (!draft) {
      const there = chats.get(ref)?.draft ?? ''
      draft = { key, chat: ref.chat, dstObj: ref.dstObj, text: there, synced: there }
      all.set(key, draft)
      draft = all.get(key)!
    }
    return draft
  }

  function put(ref: ChatRef, text: string, reply?: number, at: Named[] = []): void {
    const draft = of(ref)
    if (draft.text === text && draft.reply === reply && (draft.at?.length ?? 0) === at.length) return
    draft.text = text
    if (reply === undefined) delete draft.reply
    else draft.reply = reply
    if (at.length === 0) delete draft.at
    else draft.at = at
    keep(draft.key)
    clearTimeout(timers.get(draft.key))
    timers.set(draft.key, setTimeout(() => void push(draft.key), PUSH_AFTER_MS))
  }

  /** One write at a time; what changes meanwhile is written with the next. */
  function keep(key: string): void {
    dirty.add(key)
    if (!writing) void write()
  }

  async function write(): Promise<void> {
    writing = true
    try {
      for (let [key] = dirty; key !== undefined; [key] = dirty) {
        dirty.delete(key)
        const draft = all.get(key)
        if (!draft) continue
        const nothing = draft.text === '' && draft.synced === '' && draft.reply === undefined
        if (nothing) await cache?.delete('drafts', key)
        else await cache?.put('drafts', plain(draft))
      }
    } finally {
      writing = false
    }
  }

  /** To the server; what it can't take now it gets when the connection is back. */
  async function push(key: string): Promise<void> {
    clearTimeout(timers.get(key))
    timers.delete(key)
    const draft = all.get(key)
    const { client } = session
    if (!draft || !client || draft.text === draft.synced || session.state !== 'live') return
    const { text } = draft
    if (bytesOf(text) > SERVER_MAX) return
    const before = draft.synced
    draft.synced = text
    chats.ensure(draft).draft = text
    echoes.set(key, [...(echoes.get(key) ?? []), text])
    try {
      await client.set(draft, { draft: text })
    } catch {
      echoed(key, text)
      if (draft.synced === text) draft.synced = before
    }
    keep(key)
  }

  /** Its chat is left. */
  function leave(ref: ChatRef): void {
    const draft = of(ref)
    chats.ensure(ref).draft = draft.text
    void push(draft.key)
  }

  function echoed(key: string, text: string): boolean {
    const list = echoes.get(key) ?? []
    const at = list.indexOf(text)
    if (at < 0) return false
    echoes.set(key, list.slice(at + 1))
    return true
  }

  /** Another device's draft: it replaces what nobody has touched here. */
  function told(ref: ChatRef, text: string): void {
    const draft = of(ref)
    if (echoed(draft.key, text) || draft.synced === text) return
    const untouched = draft.text === draft.synced
    draft.synced = text
    if (untouched) {
      draft.text = text
      delete draft.at
      delete draft.reply
    }
    keep(draft.key)
  }

  /** The connection is new: what it did not bring back comes no more. */
  function pushAll(): void {
    echoes.clear()
    for (const key of all.keys()) void push(key)
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    const kept = await opened.getAll('drafts')
    if (cache !== opened) return // Logged out meanwhile.
    for (const draft of kept) all.set(draft.key, draft)
  }

  function close(): void {
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
    echoes.clear()
    cache = undefined
    all.clear()
  }

  return { all, of, put, push, leave, told, pushAll, open, close }
})
