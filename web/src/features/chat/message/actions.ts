import type { ChatRef, Message } from '@im-service/client'
import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import { useI18n } from 'vue-i18n'
import { useChats } from '@/core/chats'
import { useCompose } from '@/core/compose'
import { showError } from '@/core/errors'
import { useGroups } from '@/core/groups'
import { useLimits } from '@/core/limits'
import { fileInfo, mediaUrl } from '@/core/media'
import { useSession } from '@/core/session'
import { useStickers } from '@/core/stickers'
import { useTimelines } from '@/core/timelines'
import { copyText } from '@/ui/clipboard'
import { confirmed } from '@/ui/confirm'
import { permitted, type ActionName } from './permitted'
import { useMessageUi, type Place } from './store'

/** What one can do with a message. */
export function useMessageActions() {
  const { t } = useI18n()
  const session = useSession()
  const chats = useChats()
  const groups = useGroups()
  const compose = useCompose()
  const timelines = useTimelines()
  const stickers = useStickers()
  const limits = useLimits()
  const ui = useMessageUi()

  function permittedFor(chat: ChatRef, message: Message): ActionName[] {
    return permitted(message, {
      mine: chats.isMine(message),
      group: chat.chat === 11,
      role: chat.chat === 11 ? groups.get(chat.dstObj)?.role : undefined,
      recalledText: ui.recalledText(chat, message.seq),
      now: limits.now(),
      recallMs: limits.recallMs,
      editMs: limits.editMs,
    })
  }

  async function tried(call: () => Promise<unknown> | undefined): Promise<boolean> {
    try {
      await call()
      return true
    } catch (error) {
      showError(error)
      return false
    }
  }

  async function copy(text: string): Promise<void> {
    const done = await copyText(text)
    ElMessage({ type: done ? 'success' : 'error', message: t(done ? 'message.copied' : 'message.notCopied'), grouping: true })
  }

  async function recall(chat: ChatRef, message: Message): Promise<void> {
    const mine = chats.isMine(message)
    if (!mine && !(await confirmed(t('message.recallSure'), t('message.do.recall')))) return
    if (mine) ui.keepRecalled(chat, message)
    await tried(() => session.client?.recall(chat, message.seq))
  }

  async function remove(chat: ChatRef, messages: Message[], scope: 'self' | 'all'): Promise<boolean> {
    const question = t(scope === 'all' ? 'message.deleteAllSure' : 'message.deleteSelfSure', messages.length)
    if (!(await confirmed(question, t('common.delete')))) return false
    return tried(() => session.client?.delete(chat, messages.map(({ seq }) => seq), scope))
  }

  /** The same again takes it away. */
  async function react(chat: ChatRef, message: Message, emoji: string): Promise<void> {
    const me = session.me?.email.toLowerCase()
    const on = !message.reacts?.some(({ content, users }) => content === emoji && users.some((user) => user.toLowerCase() === me))
    await tried(() => session.client?.react(chat, message.seq, emoji, on))
  }

  async function download(chat: ChatRef, message: Message): Promise<void> {
    const address = mediaUrl((await timelines.refresh(chat, message.seq).catch(() => undefined))?.content ?? message.content)
    if (address === undefined) return
    const link = document.createElement('a')
    link.href = address
    link.download = fileInfo(message.ext).name
    link.rel = 'noopener noreferrer'
    link.target = '_blank'
    link.click()
  }

  /** By the address that is signed now. */
  async function keepSticker(chat: ChatRef, message: Message): Promise<void> {
    await tried(async () => {
      const file = (await timelines.refresh(chat, message.seq))?.content ?? message.content ?? ''
      const fresh = await stickers.keep(file, t('stickers.mine'))
      ElMessage({ type: 'success', message: t(fresh ? 'stickers.kept' : 'stickers.keptBefore'), grouping: true })
    })
  }

  async function run(name: ActionName, chat: ChatRef, message: Message, place: Place): Promise<void> {
    switch (name) {
      case 'reply':
        return compose.reply(chat, message)
      case 'edit':
        return compose.edit(chat, message)
      case 'editAgain':
        return compose.put(chat, ui.recalledText(chat, message.seq) ?? '')
      case 'copy':
        return copy(message.content ?? '')
      case 'forward':
        return void (ui.dialog = { kind: 'forward', chat, messages: [message] })
      case 'readers':
        return void (ui.dialog = { kind: 'readers', chat, message })
      case 'react':
        return void (ui.picker = { chat, message, place })
      case 'select':
        return ui.select(chat, message)
      case 'pin':
      case 'unpin':
        return void (await tried(() => session.client?.pin(chat, message.seq, name === 'pin')))
      case 'recall':
        return recall(chat, message)
      case 'deleteSelf':
      case 'deleteAll':
        return void (await remove(chat, [message], name === 'deleteAll' ? 'all' : 'self'))
      case 'download':
        return download(chat, message)
      case 'keepSticker':
        return keepSticker(chat, message)
    }
  }

  return { permittedFor, run, react, remove, copy }
}
