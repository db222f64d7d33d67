import type { Message } from '@im-service/client'
import { isGone } from '@/core/chat'
import { mediaUrl } from '@/core/media'

/** Message types (docs/PROTOCOL.md). */
export const PICTURE = 2
export const VIDEO = 3

/** Whether a message shows a picture that can be opened. */
export function isPicture(message: Message): boolean {
  return message.msgType === PICTURE && !isGone(message) && mediaUrl(message.content) !== undefined
}
