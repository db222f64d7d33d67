import type { Hello } from '@im-service/client'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export type FileKind = 'image' | 'video' | 'audio' | 'file'

const MIB = 1024 * 1024

/** What the server takes; its defaults until it has said. */
export const useLimits = defineStore('limits', () => {
  /** Bytes of a message's text. */
  const content = ref(65_536)
  /** Addresses that a message may name. */
  const at = ref(50)
  /** Bytes of a file. What the operator of this server changed, it says when the file is sent. */
  const file = ref<Record<FileKind, number>>({ image: 10 * MIB, video: 100 * MIB, audio: 50 * MIB, file: 100 * MIB })

  /** How long a sender may recall or edit what was said. */
  const recallMs = ref(2 * 60_000)
  const editMs = ref(24 * 3_600_000)
  /** How far the server's clock is before this device's. */
  let ahead = 0

  function hello(said: Hello): void {
    content.value = said.limits.content
    at.value = said.limits.at
    recallMs.value = said.limits.recallMs
    editMs.value = said.limits.editMs
    ahead = said.time - Date.now()
  }

  /** By the server's clock, which decides. */
  function now(): number {
    return Date.now() + ahead
  }

  return { content, at, file, recallMs, editMs, hello, now }
})

const encoder = new TextEncoder()

/** As the server counts. */
export function bytesOf(text: string): number {
  return encoder.encode(text).length
}
