import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useSession } from '@/core/session'

/** A voice message, as the player needs it. */
export interface Track {
  key: string
  src: string
  /** Seconds, as the sender says: what a browser recorded does not say itself. 0: unknown. */
  duration: number
}

const HEARD = 'voice.heard'
const HEARD_MAX = 1000

/** Plays voice messages, one at a time, and remembers which were heard. */
export const useVoice = defineStore('voice', () => {
  const session = useSession()
  const current = ref<string>()
  const playing = ref(false)
  const position = ref(0)
  const duration = ref(0)
  const heard = ref(new Set<string>())
  let audio: HTMLAudioElement | undefined
  let said = 0
  let onEnd: (() => void) | undefined
  let onError: (() => void) | undefined

  const progress = computed(() => (duration.value > 0 ? Math.min(position.value / duration.value, 1) : 0))

  function player(): HTMLAudioElement {
    if (audio) return audio
    audio = new Audio()
    audio.preload = 'metadata'
    audio.addEventListener('timeupdate', () => (position.value = audio!.currentTime))
    audio.addEventListener('durationchange', () => (duration.value = Number.isFinite(audio!.duration) ? audio!.duration : said))
    audio.addEventListener('play', () => (playing.value = true))
    audio.addEventListener('pause', () => (playing.value = false))
    audio.addEventListener('ended', () => {
      const then = onEnd
      stop()
      then?.()
    })
    audio.addEventListener('error', () => {
      if (current.value === undefined) return
      const then = onError
      stop()
      then?.()
    })
    return audio
  }

  /** Plays it, or pauses it; what else was playing ends. */
  function toggle(track: Track, hooks: { ended?: () => void; failed?: () => void } = {}): void {
    const it = player()
    if (current.value === track.key) {
      if (it.paused) void it.play().catch(() => undefined)
      else it.pause()
      return
    }
    stop()
    current.value = track.key
    said = track.duration
    duration.value = said
    onEnd = hooks.ended
    onError = hooks.failed
    it.src = track.src
    void it.play().catch(() => (playing.value = false))
    mark(track.key)
  }

  /** To a part of the whole, 0 to 1, of what is playing. */
  function seek(part: number): void {
    if (audio && duration.value > 0) audio.currentTime = part * duration.value
  }

  function stop(): void {
    current.value = undefined
    onEnd = undefined
    onError = undefined
    position.value = 0
    duration.value = 0
    if (!audio) return
    audio.pause()
    audio.removeAttribute('src')
    playing.value = false
  }

  function mark(key: string): void {
    if (heard.value.has(key)) return
    heard.value = new Set([...heard.value, key].slice(-HEARD_MAX))
    void session.cache?.put('meta', [...heard.value], HEARD)
  }

  watch(
    () => session.cache,
    async (cache) => {
      stop()
      const kept = await cache?.get('meta', HEARD)
      heard.value = new Set(Array.isArray(kept) ? (kept as string[]) : [])
    },
    { immediate: true },
  )

  return { current, playing, position, duration, progress, heard, toggle, seek, stop }
})
