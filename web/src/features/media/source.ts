import type { ChatRef } from '@im-service/client'
import { computed, ref, watch } from 'vue'
import { isExpired, mediaUrl } from '@/core/media'
import { useTimelines } from '@/core/timelines'

/** The address of a message's file, kept usable: a cached one may be signed no more, and is asked for anew, once.
 * `address` is what the message says now; a new one comes through it, since the message itself is replaced. */
export function useMediaSource(chat: () => ChatRef, seq: () => number, address: () => string | undefined) {
  const timelines = useTimelines()
  /** It can't be had; `again` tries once more. */
  const failed = ref(false)
  /** Changes an address that is otherwise the same, so that the browser asks again. */
  const attempt = ref(0)
  let renewed = false

  const known = computed(() => mediaUrl(address()))
  const stale = computed(() => known.value !== undefined && isExpired(known.value))
  const src = computed(() => (stale.value || failed.value ? undefined : known.value))

  async function renew(): Promise<void> {
    if (renewed || seq() === 0) {
      failed.value = true
      return
    }
    renewed = true
    const before = address()
    const fresh = await timelines.refresh(chat(), seq()).catch(() => undefined)
    if (!fresh || address() === before) failed.value = true
    else attempt.value += 1
  }

  function again(): void {
    renewed = false
    failed.value = false
    attempt.value += 1
    if (stale.value) void renew()
  }

  watch(known, () => {
    failed.value = false
  })
  watch(
    stale,
    (is) => {
      if (is) void renew()
    },
    { immediate: true },
  )

  return { src, failed, attempt, onError: () => void renew(), onLoad: () => (renewed = false), again }
}
