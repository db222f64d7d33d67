import { chatKey, type ChatRef, type Message } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

/** A place on the screen, and what gets the focus back. */
export interface Place {
  x: number
  y: number
  opener: HTMLElement | undefined
}

export type Dialog =
  | { kind: 'forward'; chat: ChatRef; messages: Message[] }
  | { kind: 'readers'; chat: ChatRef; message: Message }
  | { kind: 'reactions'; chat: ChatRef; message: Message }
  | { kind: 'merged'; chat: ChatRef; message: Message }

/** As many as one call deletes or forwards (docs/PROTOCOL.md). */
export const SELECT_MAX = 100

/** What is open over the messages: a menu, a dialog, a selection. One of each at a time. */
export const useMessageUi = defineStore('messageUi', () => {
  const menu = shallowRef<{ chat: ChatRef; message: Message; place: Place }>()
  const picker = shallowRef<{ chat: ChatRef; message: Message; place: Place }>()
  const dialog = shallowRef<Dialog>()
  const selectingIn = ref<string>()
  const selected = shallowRef(new Map<number, Message>())
  /** Texts of messages that were recalled here, by chat and seq: they can be written anew. */
  const recalled = new Map<string, string>()

  const selection = computed(() => [...selected.value.values()].sort((a, b) => a.seq - b.seq))

  function isSelecting(chat: ChatRef): boolean {
    return selectingIn.value === chatKey(chat)
  }

  function isSelected(chat: ChatRef, seq: number): boolean {
    return isSelecting(chat) && selected.value.has(seq)
  }

  function select(chat: ChatRef, message: Message): void {
    selectingIn.value = chatKey(chat)
    selected.value = new Map([[message.seq, message]])
  }

  /** false: there are as many as there may be. */
  function toggle(message: Message): boolean {
    const now = new Map(selected.value)
    if (!now.delete(message.seq)) {
      if (now.size >= SELECT_MAX) return false
      now.set(message.seq, message)
    }
    selected.value = now
    return true
  }

  function endSelection(): void {
    selectingIn.value = undefined
    selected.value = new Map()
  }

  function keepRecalled(chat: ChatRef, message: Message): void {
    if (message.msgType === 1 && message.content !== undefined) recalled.set(`${chatKey(chat)}:${message.seq}`, message.content)
  }

  function recalledText(chat: ChatRef, seq: number): string | undefined {
    return recalled.get(`${chatKey(chat)}:${seq}`)
  }

  /** Another chat is shown, or none. */
  function close(): void {
    menu.value = undefined
    picker.value = undefined
    dialog.value = undefined
    endSelection()
  }

  return { menu, picker, dialog, selected, selection, isSelecting, isSelected, select, toggle, endSelection, keepRecalled, recalledText, close }
})
