import type { Message } from '@im-service/client'
import type { Outgoing } from '@/core/outbox'

export type SendState = 'sending' | 'failed' | 'sent' | 'read'

/** How far a message of one's own is. */
export function sendState(message: Message, outgoing: Outgoing | undefined, peerRead: number): SendState {
  if (outgoing?.error) return 'failed'
  if (outgoing || message.seq === 0) return 'sending'
  return peerRead >= message.seq ? 'read' : 'sent'
}
