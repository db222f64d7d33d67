/** The emoji that clients of the original write as text, `@(呵呵)`: each name as the Unicode emoji that says the same. */
export const TEXT_EMOJI: Readonly<Record<string, string>> = {
  呵呵: '🙂',
  哈哈: '😄',
  吐舌: '😛',
  啊: '😮',
  酷: '😎',
  怒: '😡',
  开心: '😊',
  汗: '😅',
  泪: '😢',
  黑线: '😑',
  鄙视: '😒',
  不高兴: '🙁',
  真棒: '👏',
  钱: '🤑',
  疑问: '❓',
  阴险: '😏',
  吐: '🤮',
  咦: '🤨',
  委屈: '🥺',
  花心: '😍',
  '呼~': '😮‍💨',
  呼: '😮‍💨',
  笑眼: '😁',
  冷: '🥶',
  太开心: '😆',
  滑稽: '😜',
  勉强: '😬',
  狂汗: '😓',
  乖: '😇',
  睡觉: '😴',
  惊哭: '😱',
  生气: '😠',
  惊讶: '😲',
  喷: '🤣',
  爱心: '❤️',
  心碎: '💔',
  玫瑰: '🌹',
  礼物: '🎁',
  彩虹: '🌈',
  星星月亮: '🌙',
  太阳: '☀️',
  钱币: '💰',
  灯泡: '💡',
  茶杯: '🍵',
  蛋糕: '🎂',
  音乐: '🎵',
  haha: '😂',
  胜利: '✌️',
  大拇指: '👍',
  弱: '👎',
  OK: '👌',
}

const PATTERN = /@\(([^@()\s]{1,8})\)/gu

/** A piece of a text: words as they are, or an emoji with the name it was written with. */
export type TextSegment = { text: string } | { emoji: string; name: string }

/** The text in order of its pieces. Names that nobody knows stay text; put together again, nothing is lost. */
export function textSegments(text: string): TextSegment[] {
  const segments: TextSegment[] = []
  let end = 0
  for (const match of text.matchAll(PATTERN)) {
    const name = match[1]!
    const emoji = Object.hasOwn(TEXT_EMOJI, name) ? TEXT_EMOJI[name] : undefined
    if (emoji === undefined) continue
    if (match.index > end) segments.push({ text: text.slice(end, match.index) })
    segments.push({ emoji, name })
    end = match.index + match[0].length
  }
  if (end < text.length) segments.push({ text: text.slice(end) })
  return segments
}

/** The text with each such emoji in place of its name: `@(呵呵)` becomes 🙂. */
export function textEmoji(text: string): string {
  if (!text.includes('@(')) return text // Most texts.
  return textSegments(text)
    .map((segment) => ('text' in segment ? segment.text : segment.emoji))
    .join('')
}
