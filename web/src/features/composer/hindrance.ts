import type { ChatRef } from '@im-service/client'
import { useIntervalFn } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import { useGroups } from '@/core/groups'
import { usePeople } from '@/core/people'
import { useSession } from '@/core/session'
import { useWriting } from '@/core/writing'

const AGAIN_MS = 20_000

/** Why nothing can be written here now. It is looked at again when something changes that it may depend on. */
export function useHindrance(chat: ChatRef) {
  const session = useSession()
  const writing = useWriting()
  const people = usePeople()
  const groups = useGroups()
  const now = ref(Date.now())
  const hindrance = computed(() => writing.hindrance(chat, now.value))

  function look(): void {
    now.value = Date.now()
    writing.probe(chat)
  }

  watch([() => session.state, () => people.get(chat.dstObj)?.friend, () => people.get(chat.dstObj)?.blocked, () => groups.get(chat.dstObj)], look, { immediate: true })
  useIntervalFn(() => hindrance.value && look(), AGAIN_MS)
  return { hindrance }
}
