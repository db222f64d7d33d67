import { chatKey, type ChatRef, type Message } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'

/** What the composer of a chat is about, beside its text. */
export interface Composing {
  reply: Message | undefined
  edit: Message | undefined
  /** Text that asks to be put into the box, once. */
  text?: string
}

/** Messages ask here to be answered or edited; the composer shows it and does it. */
export const useCompose = defineStore('compose', () => {
  const byChat = reactive(new Map<string, Composing>())

  function of(chat: ChatRef): Composing {
    return byChat.get(chatKey(chat)) ?? { reply: undefined, edit: undefined }
  }

  function reply(chat: ChatRef, message: Message): void {
    byChat.set(chatKey(chat), { reply: message, edit: undefined })
  }

  function edit(chat: ChatRef, message: Message): void {
    byChat.set(chatKey(chat), { reply: undefined, edit: message })
  }

  /** Text to write on with: what was recalled, for example. */
  function put(chat: ChatRef, text: string): void {
    byChat.set(chatKey(chat), { ...of(chat), edit: undefined, text })
  }

  /** The composer takes what put() left. */
  function take(chat: ChatRef): string | undefined {
    const { text, ...rest } = of(chat)
    if (text !== undefined) byChat.set(chatKey(chat), rest)
    return text
  }

  function clear(chat: ChatRef): void {
    byChat.delete(chatKey(chat))
  }

  return { of, reply, edit, put, take, clear }
})
