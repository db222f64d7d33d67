import type { ChatRef, Client, Message } from '@im-service/client'
import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { chatPath } from '@/core/chat'
import { useChats } from '@/core/chats'
import { usePeople } from '@/core/people'
import { usePrefs } from '@/core/prefs'
import { useSession } from '@/core/session'
import { useTitles } from '@/core/title'
import { usePreview } from '@/features/conversations/preview'
import { showCount } from './badge'
import { allowSound, chime } from './sound'

/** So long another tab or device has to show the message before this one speaks up. */
const PATIENCE_MS = 600
/** A sound for each of many messages would be noise. */
const QUIET_MS = 2500

let speaks = false
/** Of several tabs one speaks; when it is closed, the next. */
function queueToSpeak(): void {
  if (!('locks' in navigator)) speaks = true
  else
    void navigator.locks.request('im-notify', () => {
      speaks = true
      return new Promise<never>(() => undefined)
    })
}

/** Tells of new messages that nobody looks at: the count in title and icon, a sound, a notification. Once a page. */
export function useNotify(): void {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const session = useSession()
  const chats = useChats()
  const people = usePeople()
  const prefs = usePrefs()
  const { titleOf, pictureOf } = useTitles()
  const { textOf } = usePreview()
  let lastSound = 0

  watch(() => chats.unread, (count) => showCount(count, t('common.appName')), { immediate: true })
  addEventListener('pointerdown', () => void allowSound(), { once: true })
  addEventListener('keydown', () => void allowSound(), { once: true })
  queueToSpeak()

  function looksAt(chat: ChatRef): boolean {
    const { params } = route
    return document.visibilityState === 'visible' && document.hasFocus() && params['chat'] === String(chat.chat) && params['dst'] === chat.dstObj
  }

  async function tell(chat: ChatRef, message: Message): Promise<void> {
    await new Promise((later) => setTimeout(later, PATIENCE_MS))
    const state = chats.get(chat)
    if (!state || state.unread === 0 || state.read >= message.seq || looksAt(chat)) return
    const now = Date.now()
    if (prefs.sound && now - lastSound > QUIET_MS) {
      lastSound = now
      chime()
    }
    if (prefs.notify && 'Notification' in globalThis && Notification.permission === 'granted') await show(chat, message)
  }

  async function show(chat: ChatRef, message: Message): Promise<void> {
    const who = chat.chat === 11 ? `${people.nameOf(message.userEmail)}: ` : ''
    const path = chatPath(chat)
    const options = { body: who + textOf(message), icon: pictureOf(chat) || '/icon-192.png', tag: path, data: `/#${path}` }
    // A phone's browser shows notifications by the service worker only.
    const registration = 'serviceWorker' in navigator ? await navigator.serviceWorker.getRegistration() : undefined
    if (registration?.active) return registration.showNotification(titleOf(chat), options)
    const notification = new Notification(titleOf(chat), options)
    notification.onclick = () => {
      window.focus()
      void router.push(path)
      notification.close()
    }
  }

  function listen(client: Client): void {
    client.on('messages', ({ chat, messages }) => {
      // Of a muted chat, what names the user. The chat itself may be told of the messages after this.
      const message = chats.get(chat)?.mute === true ? messages.findLast(chats.names) : messages.at(-1)
      if (!speaks || !message || client.state !== 'live' || message.msgType === 13 || chats.isMine(message)) return
      void tell(chat, message)
    })
  }
  watch(() => session.client, (client) => client && listen(client), { immediate: true })
}
