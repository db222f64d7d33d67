import { chatKey, type ChatRef } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'

const LASTS_MS = 6000

/** Who is typing where. A sign of it holds for some seconds. */
export const useTyping = defineStore('typing', () => {
  const byChat = reactive(new Map<string, string[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  function set(ref: ChatRef, email: string, on: boolean): void {
    const key = chatKey(ref)
    const others = (byChat.get(key) ?? []).filter((one) => one !== email)
    clearTimeout(timers.get(key + email))
    timers.delete(key + email)
    if (on) {
      others.push(email)
      timers.set(key + email, setTimeout(() => set(ref, email, false), LASTS_MS))
    }
    if (others.length > 0) byChat.set(key, others)
    else byChat.delete(key)
  }

  function of(ref: ChatRef): string[] {
    return byChat.get(chatKey(ref)) ?? []
  }

  return { set, of }
})
