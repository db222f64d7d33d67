import { useI18n } from 'vue-i18n'
import type { Chat } from '@/core/chat'
import { useExcerpt } from '@/core/excerpt'
import { usePeople } from '@/core/people'
import { useSession } from '@/core/session'

/** The last message in a line of text. */
export function usePreview() {
  const { t } = useI18n()
  const { textOf } = useExcerpt()
  const people = usePeople()
  const session = useSession()

  function previewOf(chat: Chat): string {
    const { last } = chat
    if (!last) return ''
    const mine = last.userEmail.toLowerCase() === session.me?.email.toLowerCase()
    const who = chat.chat === 11 && last.msgType !== 13 ? `${mine ? t('common.you') : people.nameOf(last.userEmail)}: ` : ''
    return who + textOf(last)
  }

  return { textOf, previewOf }
}
