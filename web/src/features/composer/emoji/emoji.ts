import type { CompactEmoji } from 'emojibase'
import { useLocalStorage } from '@vueuse/core'
import type { Language } from '@/core/prefs'

export interface Emoji {
  unicode: string
  label: string
  tags: string[]
  group: number
  /** By skin tone, light to dark; empty: it has none. */
  tones: string[]
}

export interface EmojiGroup {
  id: number
  name: string
  sign: string
}

/** Skin tones and hair alone are no emoji. */
const COMPONENTS = 2
const SIGNS: Record<number, string> = { 0: '😀', 1: '👋', 3: '🐻', 4: '🍎', 5: '🚗', 6: '⚽', 7: '💡', 8: '🔣', 9: '🏁' }
const RECENT_MAX = 32

/** The emoji with their names in that language; the data comes when they are first looked at. */
export async function loadEmoji(language: Language): Promise<{ all: Emoji[]; groups: EmojiGroup[] }> {
  const chinese = language === 'zh-CN'
  const [data, words] = await Promise.all([
    chinese ? import('emojibase-data/zh/compact.json') : import('emojibase-data/en/compact.json'),
    chinese ? import('emojibase-data/zh/messages.json') : import('emojibase-data/en/messages.json'),
  ])
  const all = (data.default as CompactEmoji[])
    .filter(({ group }) => group !== undefined && group !== COMPONENTS)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ unicode, label, tags, group, skins }) => ({ unicode, label, tags: tags ?? [], group: group!, tones: (skins ?? []).slice(0, 5).map((skin) => skin.unicode) }))
  const groups = words.default.groups
    .filter(({ order }) => order !== COMPONENTS)
    .map(({ order, message }) => ({ id: order, name: message, sign: SIGNS[order] ?? '•' }))
  return { all, groups }
}

export function searchEmoji(all: Emoji[], query: string, limit = 120): Emoji[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const first: Emoji[] = []
  const rest: Emoji[] = []
  for (const one of all) {
    const label = one.label.toLowerCase()
    if (words.every((word) => label.includes(word))) first.push(one)
    else if (words.every((word) => label.includes(word) || one.tags.some((tag) => tag.toLowerCase().includes(word)))) rest.push(one)
  }
  return [...first, ...rest].slice(0, limit)
}

export function useRecentEmoji() {
  const recent = useLocalStorage<string[]>('im.emoji', [])
  return {
    recent,
    used: (emoji: string): void => {
      recent.value = [emoji, ...recent.value.filter((one) => one !== emoji)].slice(0, RECENT_MAX)
    },
  }
}
