import { chatKey, uuid7, type ChatRef } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { useGroups } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

export type Hindrance = 'left' | 'muted' | 'silenced' | 'stranger' | 'blocked'

const CODES: Record<number, Hindrance> = { 2102: 'stranger', 2103: 'left', 2104: 'muted' }
const PROBE_MS = 1500

/** Why nothing can be written in a chat. The server judges: it is asked by the signs of typing, which are refused where
 * a message would be. What is known without asking is said at once. */
export const useWriting = defineStore('writing', () => {
  const session = useSession()
  const people = usePeople()
  const groups = useGroups()
  const refusals = reactive(new Map<string, Hindrance>())
  const asked = new Map<string, { key: string; timer: ReturnType<typeof setTimeout> }>()

  function hindrance(ref: ChatRef, now = Date.now()): Hindrance | undefined {
    if (ref.chat === 10 && people.get(ref.dstObj)?.blocked) return 'blocked'
    if (ref.chat === 11) {
      const group = groups.get(ref.dstObj)
      if (group && group.role === undefined) return 'left'
      if (group?.role === 'member' && group.silenced > now) return 'silenced'
    }
    return refusals.get(chatKey(ref))
  }

  /** Says that the user is typing, and hears whether he may. No answer is a yes. */
  function typing(ref: ChatRef, on: boolean): void {
    const { client } = session
    if (!client || session.state !== 'live') return
    const cid = uuid7()
    const key = chatKey(ref)
    const timer = setTimeout(() => {
      asked.delete(cid)
      refusals.delete(key)
    }, PROBE_MS)
    asked.set(cid, { key, timer })
    client.typing(ref, on, cid)
  }

  /** Asks where it is not clear: of strangers, and where it was refused before. */
  function probe(ref: ChatRef): void {
    const stranger = ref.chat === 10 && people.get(ref.dstObj)?.friend !== true
    if (stranger || refusals.has(chatKey(ref))) typing(ref, false)
  }

  function refused(cid: string | undefined, code: number): void {
    const question = cid === undefined ? undefined : asked.get(cid)
    if (!question) return
    clearTimeout(question.timer)
    asked.delete(cid!)
    const hindrance = CODES[code]
    if (hindrance) refusals.set(question.key, hindrance)
  }

  /** What became of a message. */
  function sent(ref: ChatRef, code = 0): void {
    const hindrance = CODES[code]
    if (hindrance) refusals.set(chatKey(ref), hindrance)
    else if (code === 0) refusals.delete(chatKey(ref))
  }

  function close(): void {
    for (const { timer } of asked.values()) clearTimeout(timer)
    asked.clear()
    refusals.clear()
  }

  return { hindrance, typing, probe, refused, sent, close }
})
