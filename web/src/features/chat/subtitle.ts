import type { ChatRef } from '@im-service/client'
import { useIntervalFn } from '@vueuse/core'
import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { clock, sameDay, shortTime } from '@/core/format'
import { useGroups } from '@/core/groups'
import { usePeople } from '@/core/people'
import { useSession } from '@/core/session'
import { useTyping } from '@/core/typing'

/** Below a chat's name: who is typing; else how many are in the group, or when the other one was last here. */
export function useSubtitle(chat: ChatRef): ComputedRef<string> {
  const { t, locale } = useI18n()
  const session = useSession()
  const people = usePeople()
  const groups = useGroups()
  const typing = useTyping()
  const now = ref(Date.now())
  useIntervalFn(() => (now.value = Date.now()), 60_000)

  // Of friends the server tells; of others it wants to be asked.
  if (chat.chat === 10) {
    watch(
      () => people.get(chat.dstObj)?.friend,
      (friend) => friend === false && people.watch('chat', [chat.dstObj]),
      { immediate: true },
    )
    onScopeDispose(() => people.watch('chat', []))
    watch(
      () => [session.state, people.get(chat.dstObj) !== undefined] as const,
      ([state, known]) => state === 'live' && known && void ask(),
      { immediate: true },
    )
  }

  async function ask(): Promise<void> {
    const { client } = session
    const [found] = (await client?.presence([chat.dstObj]).catch(() => undefined)) ?? []
    if (found) people.presence(found.email, found.online, found.seenAt)
  }

  return computed(() => {
    const who = typing.of(chat)
    if (who.length > 1) return t('chat.typingMany', { n: who.length })
    if (who[0] !== undefined) return t('chat.typing', { name: people.nameOf(who[0]) })
    if (chat.chat === 11) {
      const size = groups.get(chat.dstObj)?.size ?? 0
      return size > 0 ? t('chat.members', size) : ''
    }
    const person = people.get(chat.dstObj)
    if (person?.online) return t('chat.online')
    const seen = person?.seenAt ?? 0
    if (seen <= 0) return t('chat.offline')
    const day = shortTime(seen, locale.value, t('common.yesterday'), now.value)
    const time = clock(seen, locale.value)
    return t('chat.lastSeen', { time: sameDay(seen, now.value) ? time : `${day} ${time}` })
  })
}
