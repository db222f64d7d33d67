import type { Message } from '@im-service/client'
import { isGone } from '@/core/chat'
import type { Role } from '@/core/groups'

export type ActionName =
  | 'reply' | 'react' | 'copy' | 'forward' | 'edit' | 'editAgain' | 'recall' | 'deleteSelf' | 'deleteAll' | 'pin' | 'unpin' | 'select' | 'readers' | 'download' | 'keepSticker'

/** What a menu offers depends on it. The server decides in the end. */
export interface Situation {
  mine: boolean
  /** In a chat of two there is none. */
  role: Role | undefined
  group: boolean
  /** The text that was recalled, while it is known. */
  recalledText: string | undefined
  now: number
  /** How long a sender may: what the server said. */
  recallMs: number
  editMs: number
}

const TEXT = 1
const NOTICE = 13
const FILES = new Set([2, 3, 8, 9])
/** Pictures and stickers, which may become stickers of one's own. */
const PICTURES = new Set([2, 14])

/** In the order of the menu. */
export function permitted(message: Message, { mine, role, group, recalledText, now, recallMs, editMs }: Situation): ActionName[] {
  if (message.seq === 0) return message.msgType === TEXT ? ['copy'] : []
  if (isGone(message)) return [...(mine && message.recalled && recalledText !== undefined ? (['editAgain'] as const) : []), 'deleteSelf']
  if (message.msgType === NOTICE) return ['deleteSelf']
  const leads = group && (role === 'owner' || role === 'admin')
  const writes = !group || role !== undefined
  const age = now - message.createAt
  const takesBack = writes && (leads || (mine && age < recallMs))
  const all: [ActionName, boolean][] = [
    ['reply', writes],
    ['react', writes],
    ['copy', message.msgType === TEXT],
    ['forward', true],
    ['edit', writes && mine && age < editMs && message.msgType === TEXT],
    [message.pinned ? 'unpin' : 'pin', writes && (!group || leads)],
    ['download', FILES.has(message.msgType)],
    ['keepSticker', PICTURES.has(message.msgType)],
    ['readers', group && mine && role !== undefined],
    ['select', true],
    ['recall', takesBack],
    ['deleteSelf', true],
    ['deleteAll', takesBack],
  ]
  return all.filter(([, may]) => may).map(([name]) => name)
}
