import { chatKey, type ChatRef } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { useSession } from './session'

export interface Reader {
  email: string
  uname?: string
  avatar?: string
}

interface ReadersAnswer {
  count: number
  readers: Reader[]
  cursor?: string
}

/** How many in a group have read a message. Frames tell of the newest; of others one asks. */
export const useReads = defineStore('reads', () => {
  const session = useSession()
  const counts = reactive(new Map<string, number>())
  const asked = new Set<string>()

  const keyOf = (chat: ChatRef, seq: number) => `${chatKey(chat)}:${seq}`

  function count(chat: ChatRef, seq: number): number | undefined {
    return counts.get(keyOf(chat, seq))
  }

  /** A mark moved: what was known of other messages of the chat may be too little now, and is asked for again. */
  function told(chat: ChatRef, seq: number, readers: number): void {
    const prefix = `${chatKey(chat)}:`
    for (const known of [...counts.keys()]) if (known.startsWith(prefix)) counts.delete(known)
    for (const known of [...asked]) if (known.startsWith(prefix)) asked.delete(known)
    counts.set(keyOf(chat, seq), readers)
  }

  function readers(chat: ChatRef, seq: number, cursor?: string, limit = 50): Promise<ReadersAnswer> {
    return session.rest.get<ReadersAnswer>('/msg/readers', { dstObj: chat.dstObj, seq, cursor, limit })
  }

  /** Makes sure that the count is known, soon. */
  async function want(chat: ChatRef, seq: number): Promise<void> {
    const key = keyOf(chat, seq)
    if (asked.has(key) || session.state !== 'live') return
    asked.add(key)
    await readers(chat, seq, undefined, 1)
      .then((answer) => void counts.set(key, answer.count))
      .catch(() => undefined)
  }

  function close(): void {
    counts.clear()
    asked.clear()
  }

  return { count, told, readers, want, close }
})
