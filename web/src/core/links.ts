import LinkifyIt from 'linkify-it'

/** Where links are in a text, in order. */
export type LinkFinder = (text: string) => { index: number; lastIndex: number; url: string }[]

/** Beyond this no links are looked for. */
const LINKS_CHARS_MAX = 20_000
const DOMAINS = ['com', 'net', 'org', 'edu', 'gov', 'info', 'io', 'cn', 'hk', 'tw', 'jp', 'kr', 'de', 'fr', 'uk', 'eu', 'us', 'dev', 'app', 'me', 'xyz']
/** A link that turns the reading direction shows another address than it goes to. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const SAFE = /^(?:https?:\/\/|mailto:)/i

const linkify = new LinkifyIt({ fuzzyLink: true, fuzzyEmail: true, fuzzyIP: false }).add('ftp:', null as never).add('//', null as never).tlds(DOMAINS)

/** Links that are safe to follow: http, https and mail, shown as what they are. */
export const findLinks: LinkFinder = (text) => {
  if (text.length > LINKS_CHARS_MAX || !linkify.pretest(text)) return []
  return (linkify.match(text) ?? []).filter(({ index, lastIndex, url }) => SAFE.test(url) && !TURNS.test(text.slice(index, lastIndex)))
}

/** The addresses of pages in a text, each once, as they are followed. */
export function pagesIn(text: string): string[] {
  return [...new Set(findLinks(text).flatMap(({ url }) => (/^https?:/i.test(url) ? [url] : [])))]
}
