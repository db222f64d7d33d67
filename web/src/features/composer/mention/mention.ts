import type { Named } from '@/core/drafts'

/** An `@` that is being written: where it stands, and what follows it up to the caret. */
export interface Mention {
  start: number
  query: string
}

const QUERY_MAX = 40
/** Within an address or a word it is no mention; Chinese goes without blanks. */
const GLUED = /[A-Za-z0-9._%+-]$/

export function mentionAt(text: string, caret: number): Mention | undefined {
  const start = text.lastIndexOf('@', caret - 1)
  if (start < 0 || caret - start - 1 > QUERY_MAX) return undefined
  const query = text.slice(start + 1, caret)
  if (/\s/.test(query) || GLUED.test(text.slice(0, start))) return undefined
  return { start, query }
}

export interface Candidate extends Named {
  avatar?: string | undefined
}

/** Those whose name or address has the query in it, beginnings first. */
export function matching<T extends Candidate>(list: readonly T[], query: string): T[] {
  const wanted = query.toLowerCase()
  const rank = ({ name, email }: Candidate): number => {
    const small = name.toLowerCase()
    if (small.startsWith(wanted)) return 0
    if (email.toLowerCase().startsWith(wanted)) return 1
    return small.includes(wanted) || email.toLowerCase().includes(wanted) ? 2 : 3
  }
  return list
    .map((one) => ({ one, rank: rank(one) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}

/** Of those chosen, the ones whose `@name` still stands in the text; each once. */
export function stillNamed(text: string, named: readonly Named[]): Named[] {
  const there = named.filter(({ name }) => text.includes(`@${name}`))
  return there.filter(({ email }, at) => there.findIndex((one) => one.email === email) === at)
}
