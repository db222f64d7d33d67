const DAY_MS = 86_400_000

/** Kinds of messages whose content is searched. */
export const TYPES = [1, 5, 8, 10, 11, 12]

/** How far back, in days. */
export const since = { any: Infinity, day: 1, week: 7, month: 31, year: 366 }
export type Since = keyof typeof since

export interface Filters {
  sender: string
  type: string
  since: Since
}

export const noFilters: Filters = { sender: '', type: '', since: 'any' }

/** As the search takes them. */
export function narrowed({ sender, type, since: span }: Filters, now = Date.now()): { sender?: string; msgType?: number; begin?: number } {
  return {
    ...(sender === '' ? {} : { sender }),
    ...(type === '' ? {} : { msgType: Number(type) }),
    ...(Number.isFinite(since[span]) ? { begin: now - since[span] * DAY_MS } : {}),
  }
}
