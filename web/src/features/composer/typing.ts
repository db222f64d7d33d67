import type { ChatRef } from '@im-service/client'
import { useGroups } from '@/core/groups'
import { useWriting } from '@/core/writing'

const AGAIN_MS = 4000
const IDLE_MS = 5000
const MEMBERS_MAX = 200 // Above, the server tells nobody.

/** Tells the others that one is typing, now and then, and that it ended. */
export function useTypingSignal(chat: ChatRef) {
  const writing = useWriting()
  const groups = useGroups()
  let saidAt = 0
  let idle: ReturnType<typeof setTimeout> | undefined

  function typed(): void {
    if (chat.chat === 11 && (groups.get(chat.dstObj)?.size ?? 0) > MEMBERS_MAX) return
    const now = Date.now()
    if (now - saidAt > AGAIN_MS) {
      saidAt = now
      writing.typing(chat, true)
    }
    clearTimeout(idle)
    idle = setTimeout(ended, IDLE_MS)
  }

  function ended(): void {
    clearTimeout(idle)
    if (saidAt > 0) writing.typing(chat, false)
    saidAt = 0
  }

  /** A message ends it by itself. */
  function sent(): void {
    clearTimeout(idle)
    saidAt = 0
  }

  return { typed, ended, sent }
}
