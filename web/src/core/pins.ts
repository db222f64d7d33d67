import { chatKey, type Change, type ChatRef, type Message } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { changedMessage, isGone, seqsOf } from './chat'
import { useSession } from './session'

/** The pinned messages of chats that were opened, oldest first. */
export const usePins = defineStore('pins', () => {
  const session = useSession()
  const byChat = reactive(new Map<string, Message[]>())

  function of(ref: ChatRef): Message[] {
    return byChat.get(chatKey(ref)) ?? []
  }

  /** Asks the server; without a connection what is known stays. */
  async function load(ref: ChatRef): Promise<void> {
    const answer = await session.rest.get<{ pins: Message[] }>('/msg/pins', { chat: ref.chat, dstObj: ref.dstObj }).catch(() => undefined)
    if (answer) byChat.set(chatKey(ref), answer.pins.toSorted((a, b) => a.seq - b.seq))
  }

  /** Frames 24 to 28. */
  function changed(ref: ChatRef, change: Change): void {
    const key = chatKey(ref)
    const pins = byChat.get(key)
    if (!pins) return
    if (change.cmd === 28 && change.on === true) return void load(ref)
    const seqs = new Set(seqsOf(change))
    if (!pins.some(({ seq }) => seqs.has(seq))) return
    const left = pins
      .map((pin) => (seqs.has(pin.seq) ? changedMessage(pin, change) : pin))
      .filter((pin): pin is Message => pin !== undefined && pin.pinned === true && !isGone(pin))
    byChat.set(key, left)
  }

  function cleared(ref: ChatRef, to: number): void {
    const key = chatKey(ref)
    const pins = byChat.get(key)
    if (pins) byChat.set(key, pins.filter(({ seq }) => seq > to))
  }

  function drop(ref: ChatRef): void {
    byChat.delete(chatKey(ref))
  }

  function close(): void {
    byChat.clear()
  }

  return { of, load, changed, cleared, drop, close }
})
