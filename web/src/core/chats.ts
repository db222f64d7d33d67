import { chatKey, chatOfMessage, type Change, type ChatRef, type Frame, type Message } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import type { Cache } from './cache/db'
import { Dirty } from './cache/dirty'
import { changedMessage, isGone, seqsOf, type Chat, type ListedChat, type Standing } from './chat'
import { useSession } from './session'

const NOTICE = 13

/** The list of conversations: what is unread, last said, pinned, muted, drafted. */
export const useChats = defineStore('chats', () => {
  const session = useSession()
  const all = reactive(new Map<string, Chat>())
  let cache: Cache | undefined
  const dirty = new Dirty('chats', (key) => all.get(key))

  const sorted = computed(() => [...all.values()].sort((a, b) => b.top - a.top || b.activity - a.activity))
  const unread = computed(() => [...all.values()].reduce((sum, chat) => sum + (chat.mute ? 0 : chat.unread), 0))

  function get(ref: ChatRef): Chat | undefined {
    return all.get(chatKey(ref))
  }

  function ensure(ref: ChatRef): Chat {
    const key = chatKey(ref)
    let chat = all.get(key)
    if (!chat) {
      chat = { ...{ key, chat: ref.chat, dstObj: ref.dstObj }, head: 0, min: 1, read: 0, unread: 0, peerRead: 0, mention: undefined,
        top: 0, mute: false, draft: '', last: undefined, activity: 0 }
      all.set(key, chat)
      chat = all.get(key)!
    }
    return chat
  }

  function save(chat: Chat): void {
    dirty.add(chat.key)
  }

  function isMine(message: Message): boolean {
    return message.userEmail.toLowerCase() === session.me?.email.toLowerCase()
  }

  /** The message mentions this user, or everybody. */
  function names(message: Message): boolean {
    const me = session.me?.email.toLowerCase()
    return (message.at ?? []).some((email) => email === '@all' || email.toLowerCase() === me)
  }

  /** New messages of one chat, oldest first. */
  function arrived(ref: ChatRef, messages: Message[]): void {
    const chat = ensure(ref)
    for (const message of messages) {
      if (message.seq <= chat.head && chat.last !== undefined && message.seq <= chat.last.seq) continue
      // Up to the head, the server has counted.
      const counted = message.seq <= chat.head
      chat.head = Math.max(chat.head, message.seq)
      chat.last = message
      chat.activity = Math.max(chat.activity, message.createAt)
      if (isMine(message)) {
        chat.read = message.seq
        chat.unread = 0
        chat.mention = undefined
      } else if (!counted && message.seq > chat.read && !isGone(message)) {
        chat.unread += 1
        if (chat.mention === undefined && names(message)) chat.mention = message.seq
      }
    }
    save(chat)
  }

  /** How the server says that a chat stands. */
  function stands(delta: Standing): void {
    const chat = ensure(delta)
    chat.head = delta.head
    chat.min = delta.min
    chat.read = Math.max(chat.read, delta.read)
    chat.unread = delta.unread
    chat.peerRead = Math.max(chat.peerRead, delta.peerRead ?? 0)
    chat.mention = delta.mention
    settle(chat, delta as unknown as Record<string, unknown>)
    save(chat)
  }

  /** A row of the list as the server gives it. The connection knows better: what it told of stays. */
  function listed(row: ListedChat): void {
    const chat = ensure(row)
    if (chat.head > 0) return
    chat.last = row.last
    chat.activity = row.last?.createAt ?? 0
    stands(row)
  }

  function settle(chat: Chat, settings: Record<string, unknown>): void {
    const { top, mute, draft, clearTo } = settings
    if (typeof top === 'number') chat.top = top
    else if (typeof top === 'boolean') chat.top = top ? chat.top || Date.now() : 0
    if (typeof mute === 'boolean') chat.mute = mute
    if (typeof draft === 'string') chat.draft = draft
    if (typeof clearTo === 'number') cleared(chat, clearTo)
  }

  function cleared(chat: Chat, to: number): void {
    chat.min = Math.max(chat.min, to + 1)
    if (chat.last && chat.last.seq <= to) chat.last = undefined
    if (to >= chat.head) chat.unread = 0
  }

  /** Frame 29. */
  function set(frame: Frame): void {
    const chat = ensure({ chat: frame['chat'] === 11 ? 11 : 10, dstObj: String(frame['dstObj']) })
    settle(chat, frame)
    save(chat)
  }

  function changed(ref: ChatRef, change: Change): void {
    const chat = get(ref)
    if (!chat) return
    for (const seq of seqsOf(change)) {
      if (chat.last?.seq === seq) {
        const goneNow = (change.cmd === 24 || change.cmd === 26) && !isGone(chat.last)
        if (goneNow && !isMine(chat.last) && seq > chat.read) chat.unread = Math.max(0, chat.unread - 1)
        chat.last = changedMessage(chat.last, change)
      } else if ((change.cmd === 24 || (change.cmd === 26 && change.scope === 'all')) && seq > chat.read && chat.unread > 0) {
        chat.unread -= 1
      }
      if (change.cmd !== 25 && change.cmd !== 27 && change.cmd !== 28 && chat.mention === seq) chat.mention = undefined
    }
    save(chat)
  }

  /** A read mark that moved; by whom undefined: of somebody in a group. */
  function marked(ref: ChatRef, by: string | undefined, seq: number): void {
    const chat = get(ref)
    if (!chat) return
    if (by !== undefined && by.toLowerCase() === session.me?.email.toLowerCase()) {
      chat.read = Math.max(chat.read, seq)
      chat.unread = seq >= chat.head ? 0 : Math.min(chat.unread, chat.head - chat.read)
      if (chat.mention !== undefined && chat.mention <= chat.read) chat.mention = undefined
    } else chat.peerRead = Math.max(chat.peerRead, seq)
    save(chat)
  }

  /** The user sees the chat up to there. */
  function seen(ref: ChatRef, seq: number): void {
    const chat = get(ref)
    if (!chat || seq <= chat.read || session.state !== 'live') return
    session.client?.read(ref, seq)
    marked(ref, session.me?.email, seq)
  }

  /** Everything is of another store. */
  function reset(): void {
    all.clear()
    void cache?.clear('chats')
  }

  function gone(ref: ChatRef): void {
    const key = chatKey(ref)
    all.delete(key)
    void cache?.delete('chats', key)
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    const kept = await opened.getAll('chats')
    if (cache !== opened) return // Logged out meanwhile.
    // What the server told of meanwhile is newer.
    for (const chat of kept) if ((all.get(chat.key)?.head ?? 0) === 0) all.set(chat.key, chat)
    dirty.open(opened)
  }

  function close(): void {
    cache = undefined
    dirty.close()
    all.clear()
  }

  return { all, sorted, unread, get, ensure, save, isMine, names, arrived, stands, listed, set, changed, marked, seen, gone, reset, open, close, chatOfMessage, NOTICE }
})
