import type { ChatRef, Message } from '@im-service/client'
import { computed, type ComputedRef } from 'vue'
import { useChats } from '@/core/chats'
import { useOutbox, type Outgoing } from '@/core/outbox'
import { useSession } from '@/core/session'
import type { Timeline } from '@/core/timeline'

export interface Row {
  key: string
  message: Message
  previous: Message | undefined
  outgoing: Outgoing | undefined
}

/** A timeline's messages, and behind its end, or alone where nothing could be loaded, what is on its way. One's own keep their
 * key when they get their seq. */
export function useRows(chat: ChatRef, timeline: Timeline): ComputedRef<Row[]> {
  const session = useSession()
  const chats = useChats()
  const outbox = useOutbox()

  function unsent({ pending }: Outgoing): Message {
    const { chat, dstObj, cid, content, createAt, options } = pending
    return { id: 0, userEmail: session.me?.email ?? '', cmd: chat, dstObj, seq: 0, msgType: options.msgType ?? 1, content, createAt, cid,
      ...(options.reply === undefined ? {} : { reply: options.reply }), ...(options.ext === undefined ? {} : { ext: options.ext }) }
  }

  return computed(() => {
    void timeline.state.version
    const { items } = timeline
    const rows: Row[] = items.map((message, at) => ({
      key: message.cid !== undefined && chats.isMine(message) ? message.cid : `s${message.seq}`,
      message,
      previous: items[at - 1],
      outgoing: undefined,
    }))
    const outgoings = outbox.listOf(chat)
    const unloaded = !timeline.state.ready && timeline.state.error !== undefined
    if (!(timeline.state.atEnd || unloaded) || outgoings.length === 0) return rows
    const there = new Set(rows.slice(-200).map(({ key }) => key))
    for (const outgoing of outgoings)
      if (!there.has(outgoing.pending.cid)) rows.push({ key: outgoing.pending.cid, message: unsent(outgoing), previous: rows.at(-1)?.message, outgoing })
    return rows
  })
}
