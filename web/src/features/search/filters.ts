const DAY_MS = 86_400_000

/** Kinds of messages whose content is searched, by message type; and those that show a link. */
export const KINDS = ['1', 'link', '8', '10', '11', '12'] as const

/** How far back, in days. */
export const since = { any: Infinity, day: 1, week: 7, month: 31, year: 366 }
export type Since = keyof typeof since

export interface Filters {
  sender: string
  kind: string
  since: Since
}

export const noFilters: Filters = { sender: '', kind: '', since: 'any' }

/** As the search takes them. */
export function narrowed({ sender, kind, since: span }: Filters, now = Date.now()): { sender?: string; msgType?: number; link?: boolean; begin?: number } {
  return {
    ...(sender === '' ? {} : { sender }),
    ...(kind === '' ? {} : kind === 'link' ? { link: true } : { msgType: Number(kind) }),
    ...(Number.isFinite(since[span]) ? { begin: now - since[span] * DAY_MS } : {}),
  }
}
