import { ref } from 'vue'
import type { Router } from 'vue-router'

/** A newer client waits to be loaded. */
export const updateWaiting = ref(false)
let waiting: ServiceWorker | null = null

/** Keeps the client in the browser, so that it opens at once and without a network. Browsers allow it on https and on
 * this machine; elsewhere the client works without. */
export async function keepClient(router: Router): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  let reloading = false
  const first = navigator.serviceWorker.controller === null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (first || reloading) return
    reloading = true
    location.reload()
  })
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    const open: unknown = (data as { open?: unknown } | null)?.open
    if (typeof open === 'string') void router.push(open.replace(/^\/?#/, ''))
  })
  try {
    const registration = await navigator.serviceWorker.register('/sw.js')
    const look = () => {
      waiting = registration.waiting
      updateWaiting.value = waiting !== null && navigator.serviceWorker.controller !== null
    }
    look()
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look))
    setInterval(() => void registration.update().catch(() => undefined), 3_600_000)
  } catch {
    // A browser in private mode, or a policy: the client works without.
  }
}

export function takeUpdate(): void {
  waiting?.postMessage('take-over')
}
