import { characters } from '@/core/format'
import type { LinkFinder } from '@/core/links'

/** A text in the parts that are shown differently. All of them are shown as text. */
export type Part = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string } | { kind: 'mention'; text: string; me: boolean }

/** Somebody who is mentioned, by the names that may stand behind the @. */
export interface Mention {
  names: string[]
  me: boolean
}

/** Longer texts are cut until one asks for the rest. */
const SHOWN_CHARS = 1500
const SHOWN_LINES = 24

function withLinks(text: string, find: LinkFinder | undefined): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const { index, lastIndex, url } of find?.(text) ?? []) {
    if (index > at) parts.push({ kind: 'text', text: text.slice(at, index) })
    parts.push({ kind: 'link', text: text.slice(index, lastIndex), href: url })
    at = lastIndex
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) })
  return parts
}

function withMentions(text: string, mentions: Mention[]): Part[] {
  const names = mentions
    .flatMap(({ names, me }) => names.filter((name) => name !== '').map((name) => ({ name, me })))
    .sort((a, b) => b.name.length - a.name.length)
  const parts: Part[] = []
  let begin = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const found = names.find(({ name }) => text.startsWith(name, at + 1))
    if (!found) continue
    if (at > begin) parts.push({ kind: 'text', text: text.slice(begin, at) })
    begin = at + 1 + found.name.length
    parts.push({ kind: 'mention', text: text.slice(at, begin), me: found.me })
    at = begin - 1
  }
  if (begin < text.length) parts.push({ kind: 'text', text: text.slice(begin) })
  return parts
}

/** No link is without one of these. */
export function mayHoldLinks(text: string): boolean {
  return /[.:]\S/.test(text)
}

export function partsOf(text: string, mentions: Mention[] = [], find?: LinkFinder): Part[] {
  if (mentions.length === 0) return withLinks(text, find)
  return withMentions(text, mentions).flatMap((part) => (part.kind === 'text' ? withLinks(part.text, find) : [part]))
}

/** The beginning of a text that is too long to be shown at once; undefined: it is not. Never half a character. */
export function cut(text: string): string | undefined {
  let end = text.length
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
    if (++lines === SHOWN_LINES) {
      end = at
      break
    }
  if (end <= SHOWN_CHARS && end === text.length) return undefined
  end = Math.min(end, SHOWN_CHARS)
  // A little more is shown rather than hidden behind a button.
  if (lines < SHOWN_LINES && text.length < SHOWN_CHARS * 1.2) return undefined
  const code = text.charCodeAt(end - 1)
  if (code >= 0xd800 && code < 0xdc00) end -= 1
  return text.slice(0, end)
}

const BIG_MAX = 3
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3)/u
const TEXT_LIKE = /^[\u00a9\u00ae\u2122\u2139\u203c\u2049]$/

/** One to three emoji and nothing else: shown large. */
export function isBigEmoji(text: string): boolean {
  const trimmed = text.trim()
  // Nearly every text is none from its first character on.
  if (trimmed.length > 60 || !EMOJI.test(trimmed)) return false
  let count = 0
  for (const segment of characters(trimmed)) {
    if (segment === ' ') continue
    if (!EMOJI.test(segment) || TEXT_LIKE.test(segment) || ++count > BIG_MAX) return false
  }
  return count > 0
}
