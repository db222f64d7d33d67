import { textEmoji, type Message } from '@im-service/client'
import { useI18n } from 'vue-i18n'
import { fileInfo } from './media'
import { useNotices } from './notice'

const LENGTH_MAX = 200
const NAMED = new Set([8])

/** A message in one line of text: for lists, quotes, notifications. */
export function useExcerpt() {
  const { t, te } = useI18n()
  const { sentence } = useNotices()

  function oneLine(text: string): string {
    return textEmoji(text.slice(0, LENGTH_MAX * 2)).replace(/\s+/g, ' ').slice(0, LENGTH_MAX)
  }

  function kindOf(type: number): string {
    const kind = `conversations.kind.${type}`
    return `[${te(kind) ? t(kind) : t('conversations.kind.other')}]`
  }

  function textOf(message: Pick<Message, 'msgType' | 'content' | 'ext' | 'recalled' | 'deleted' | 'userEmail'>): string {
    if (message.recalled) return t('conversations.recalled')
    if (message.deleted) return t('conversations.deleted')
    if (message.msgType === 1) return oneLine(message.content ?? '')
    if (message.msgType === 13) return oneLine(sentence(message.content, message.userEmail))
    const name = NAMED.has(message.msgType) ? fileInfo(message.ext).name : ''
    const title = message.msgType === 12 ? (message.content ?? '') : name
    return oneLine(`${kindOf(message.msgType)} ${title}`).trim()
  }

  return { textOf }
}
