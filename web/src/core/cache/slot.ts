const SLOTS = 16

/** Each open tab of a browser is a device of its own: a number that no other tab has. Numbers are used again, so that
 * the server knows a few devices of this browser, not one for each tab ever opened. The lock ends with the tab. */
export async function takeSlot(): Promise<number> {
  if (!('locks' in navigator)) return 1
  for (let slot = 1; slot < SLOTS; slot++) {
    const taken = await new Promise<boolean>((resolve) => {
      void navigator.locks.request(lockOf(slot), { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : new Promise<void>((release) => releases.set(slot, release))
      })
    })
    if (taken) return slot
  }
  return SLOTS
}

const releases = new Map<number, () => void>()

export function releaseSlot(slot: number): void {
  releases.get(slot)?.()
  releases.delete(slot)
}

/** Slots of tabs that are gone: what they left unsent is taken over. */
export async function heldSlots(): Promise<Set<number>> {
  const held = new Set<number>()
  if (!('locks' in navigator)) return held
  for (const lock of (await navigator.locks.query()).held ?? []) {
    const match = /^im-slot-(\d+)$/.exec(lock.name ?? '')
    if (match) held.add(Number(match[1]))
  }
  return held
}

function lockOf(slot: number): string {
  return `im-slot-${slot}`
}

/** The name that the server knows this tab by. */
export function deviceName(slot: number): string {
  let browser = localStorage.getItem('im.device')
  if (browser === null) {
    browser = crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), '')
    localStorage.setItem('im.device', browser)
  }
  return `web-${browser}-${slot}`
}
