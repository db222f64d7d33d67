/** A part of a text, and whether it was searched for. */
export interface Part {
  text: string
  hit: boolean
}

const BEFORE = 24

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** The text with what was searched for told apart: large and small, wide and narrow letters are the same, as for the
 * server. Of a long text the part around the first hit, at most `max` characters. */
export function highlight(text: string, query: string, max = 160): Part[] {
  const letters = [...text.slice(0, 20_000)]
  const folded = letters.map(fold)
  // Where each folded character comes from.
  const from = folded.flatMap((part, index) => Array.from({ length: part.length }, () => index))
  const line = folded.join('')
  const marked = new Uint8Array(letters.length)
  for (const word of new Set(fold(query).split(/\s+/).filter((part) => part !== '')))
    for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + word.length))
      for (let index = from[at]!; index <= from[at + word.length - 1]!; index++) marked[index] = 1

  const first = Math.max(0, marked.indexOf(1))
  const begin = letters.length <= max || first <= BEFORE ? 0 : first - BEFORE
  const end = Math.min(letters.length, begin + max)
  const parts: Part[] = []
  const add = (text: string, hit: boolean) => {
    const last = parts.at(-1)
    if (last?.hit === hit) last.text += text
    else parts.push({ text, hit })
  }
  if (begin > 0) add('…', false)
  for (let index = begin; index < end; index++) add(letters[index]!, marked[index] === 1)
  if (end < letters.length || text.length > 20_000) add('…', false)
  return parts
}

/** A name that one finds by these words. */
export function matches(name: string, query: string): boolean {
  const folded = fold(name)
  return fold(query).split(/\s+/).every((word) => folded.includes(word))
}
