import type { ChatRef } from '@im-service/client'
import { until, useDocumentVisibility, useThrottleFn, useWindowFocus } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import { useChats } from '@/core/chats'
import { pictureDrawn } from '@/core/firstLook'
import { useSession } from '@/core/session'

const MARK_EVERY_MS = 300
const PATIENCE_MS = 10_000

/** What of a chat the user has read, and where the news begin. `lastVisible`: the newest seq on the screen. */
export function useReading(chat: ChatRef, lastVisible: () => number) {
  const session = useSession()
  const chats = useChats()
  const focused = useWindowFocus()
  const visibility = useDocumentVisibility()
  const looking = computed(() => focused.value && visibility.value === 'visible')

  /** The first message that was unread when the user came; 0: there was none. */
  const firstNew = ref(0)

  /** Where the chat is begun to be read. A browser that never had it waits a moment for the server to say. */
  async function arrive(): Promise<void> {
    const isOffline = () => session.kept && session.state === 'offline'
    if ((chats.get(chat)?.head ?? 0) === 0 && !isOffline()) {
      pictureDrawn() // There is none before.
      await until(() => (chats.get(chat)?.head ?? 0) > 0 || session.state === 'live' || isOffline()).toBe(true, { timeout: PATIENCE_MS })
    }
    const now = chats.get(chat)
    // Who came later into a group has read nothing, and what was before is not unread.
    firstNew.value = now && now.unread > 0 ? Math.max(now.read + 1, now.min, now.read === 0 ? now.head - now.unread + 1 : 0) : 0
  }

  const see = useThrottleFn(
    () => {
      const seq = lastVisible()
      if (looking.value && seq > 0) chats.seen(chat, seq)
    },
    MARK_EVERY_MS,
    true,
  )

  /** Messages came: the first that is not one's own. true: the user did not see them come. */
  function came(seq: number): boolean {
    const missed = !looking.value || session.state !== 'live'
    if (missed && firstNew.value <= (chats.get(chat)?.read ?? 0)) firstNew.value = seq
    return missed
  }

  watch([looking, () => session.state], () => void see())

  return { firstNew, arrive, see, came }
}
