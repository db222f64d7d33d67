import type { Message } from '@im-service/client'
import { useI18n } from 'vue-i18n'
import type { Chat } from '@/core/chat'
import { usePeople } from '@/core/people'
import { useSession } from '@/core/session'

/** The last message in a line of text. */
export function usePreview() {
  const { t, te } = useI18n()
  const people = usePeople()
  const session = useSession()

  function textOf(message: Message): string {
    if (message.recalled) return t('conversations.recalled')
    if (message.deleted) return t('conversations.deleted')
    if (message.msgType === 1) return (message.content ?? '').replace(/\s+/g, ' ').slice(0, 200)
    const kind = `conversations.kind.${message.msgType}`
    return `[${te(kind) ? t(kind) : t('conversations.kind.other')}]`
  }

  function previewOf(chat: Chat): string {
    const { last } = chat
    if (!last) return ''
    const mine = last.userEmail.toLowerCase() === session.me?.email.toLowerCase()
    const who = chat.chat === 11 && last.msgType !== 13 ? `${mine ? t('common.you') : people.nameOf(last.userEmail)}: ` : ''
    return who + textOf(last)
  }

  return { textOf, previewOf }
}
