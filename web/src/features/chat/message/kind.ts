import type { Message } from '@im-service/client'
import { mediaUrl } from '@/core/media'

export type Shown = 'text' | 'picture' | 'sticker' | 'video' | 'voice' | 'file' | 'merged' | 'place' | 'card' | 'unknown'

/** As what a message is shown. Media without an address that can be used are shown as the text they are. */
export function shownAs(message: Message, preview?: string): Shown {
  const media = preview !== undefined || message.seq === 0 || mediaUrl(message.content) !== undefined
  switch (message.msgType) {
    case 1:
    case 5:
      return 'text'
    case 2:
      return media ? 'picture' : 'text'
    case 3:
      return media ? 'video' : 'text'
    case 4:
    case 14:
      return media ? 'sticker' : 'text'
    case 8:
      return media ? 'file' : 'text'
    case 9:
      return media ? 'voice' : 'text'
    case 10:
      return 'place'
    case 11:
      return 'card'
    case 12:
      return 'merged'
    default:
      return 'unknown'
  }
}

/** Shown without a bubble around it. */
export function isBare(kind: Shown): boolean {
  return kind === 'picture' || kind === 'sticker' || kind === 'video'
}
