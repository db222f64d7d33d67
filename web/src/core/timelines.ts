import { chatKey, type Change, type ChatRef, type Message, type Page } from '@im-service/client'
import { defineStore } from 'pinia'
import { PAGE, pageOf } from '@/ahead'
import { Late, LateMessages } from './cache/late'
import type { MessageCache } from './cache/messages'
import { withMine } from './chat'
import { useChats } from './chats'
import { useSession } from './session'
import { Timeline, type Bounds, type Source } from './timeline'

/** Histories that were opened lately; coming back to one costs nothing. */
const KEPT = 8
/** What many react to is read anew so long after the last reaction that can't be counted here. */
const RECOUNT_AFTER_MS = 500

export const useTimelines = defineStore('timelines', () => {
  const session = useSession()
  const chats = useChats()
  const open_ = new Map<string, Timeline>()
  let messages: MessageCache | undefined
  /** Of this session: what is asked of an earlier one's never comes. */
  let late = new Late<MessageCache>()
  const asked = new Map<string, Promise<Message | undefined>>()
  const recounts = new Map<string, ReturnType<typeof setTimeout>>()

  function bounds(ref: ChatRef): Bounds {
    const { head, min } = chats.get(ref) ?? { head: 0, min: 1 }
    return { head, min }
  }

  /** The newest page may be on its way since before there was a client. */
  const history: Source['history'] = async (chat, where) => {
    const early = where.limit === PAGE && Object.keys(where).length === 1 ? session.ahead<Page>(pageOf(chat.chat, chat.dstObj)) : undefined
    return (await early?.catch(() => undefined)) ?? session.client!.history(chat, where)
  }

  function of(ref: ChatRef): Timeline {
    const key = chatKey(ref)
    let timeline = open_.get(key)
    if (!timeline) {
      timeline = new Timeline({ chat: ref.chat, dstObj: ref.dstObj }, { history }, new LateMessages(late), bounds(ref))
    }
    open_.delete(key)
    open_.set(key, timeline)
    for (const old of [...open_.keys()].slice(0, -KEPT)) open_.delete(old)
    return timeline
  }

  function arrived(ref: ChatRef, list: Message[]): void {
    const key = chatKey(ref)
    void messages?.put(key, list)
    open_.get(key)?.arrived(list)
  }

  function changed(ref: ChatRef, change: Change): void {
    const key = chatKey(ref)
    void messages?.change(key, change)
    for (const seq of open_.get(key)?.changed(change) ?? []) recount(ref, seq)
  }

  function recount(ref: ChatRef, seq: number): void {
    const name = `${chatKey(ref)}:${seq}`
    clearTimeout(recounts.get(name))
    const again = () => {
      recounts.delete(name)
      // An answer on its way may be older than the reaction.
      const before = asked.get(name)?.catch(() => undefined)
      void Promise.resolve(before)
        .then(() => (session.client ? refresh(ref, seq) : undefined))
        .catch(() => undefined)
    }
    recounts.set(name, setTimeout(again, RECOUNT_AFTER_MS))
  }

  /** One message, from wherever it is; undefined: it is there no more for this user. */
  async function message(ref: ChatRef, seq: number): Promise<Message | undefined> {
    const key = chatKey(ref)
    return open_.get(key)?.find(seq) ?? (await messages?.get(key, seq)) ?? refresh(ref, seq)
  }

  /** One message as the server has it now; undefined: it is there no more for this user. Throws an ImError. */
  async function refresh(ref: ChatRef, seq: number): Promise<Message | undefined> {
    const key = chatKey(ref)
    const asking = `${key}:${seq}`
    let answer = asked.get(asking)
    if (!answer) {
      answer = session
        .client!.history(ref, { from: seq, limit: 1 })
        .then(({ msgs }) => {
          const told = msgs.find((one) => one.seq === seq)
          if (!told) return undefined
          const found = withMine(told, open_.get(key)?.find(seq), session.me?.email ?? '')
          void messages?.put(key, [found])
          open_.get(key)?.refreshed([found])
          return found
        })
        .finally(() => asked.delete(asking))
      asked.set(asking, answer)
    }
    return answer
  }

  function cleared(ref: ChatRef, to: number): void {
    const key = chatKey(ref)
    void messages?.drop(key, to + 1)
    open_.get(key)?.cleared(to)
  }

  function gone(ref: ChatRef): void {
    const key = chatKey(ref)
    open_.get(key)?.left()
    void messages?.drop(key)
  }

  /** Everything is of another store. What is open begins anew. */
  function reset(): void {
    void messages?.clear()
    for (const timeline of open_.values()) timeline.reset()
  }

  function open(cache: MessageCache): void {
    messages = cache
    late.come(cache)
  }

  function close(): void {
    open_.clear()
    for (const timer of recounts.values()) clearTimeout(timer)
    recounts.clear()
    messages = undefined
    late = new Late()
  }

  return { of, arrived, changed, message, refresh, cleared, gone, reset, open, close }
})
