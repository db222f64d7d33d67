import type { Change, ChatDelta, ChatRef, Message, Reaction } from '@im-service/client'

/** A conversation as its list shows it. */
export interface Chat extends ChatRef {
  key: string
  /** The newest seq, and the oldest that may be read. */
  head: number
  min: number
  read: number
  unread: number
  /** How far the other one has read; in a group, the greatest mark of anybody. */
  peerRead: number
  /** The first unread message that names me. */
  mention: number | undefined
  /** When it was pinned on top; 0: it was not. */
  top: number
  mute: boolean
  draft: string
  last: Message | undefined
  /** When something was last said, for the order of the list. */
  activity: number
}

/** How the server says that a chat stands. */
export type Standing = Omit<ChatDelta, 'msgs' | 'muts'>

/** A conversation as GET /conv/list has it (docs/PROTOCOL.md). */
export interface ListedChat extends Standing {
  name?: string
  /** What the user calls this friend. */
  remark?: string
  last?: Message
}

/** Recalled, deleted for all, or expired. */
export function isGone(message: Message): boolean {
  return message.recalled === true || message.deleted === true
}

/** A message that was recalled, with who did it where this browser was told. */
export type Tombstone = Message & { goneBy?: string }

function tombstone(message: Message, how: 'recalled' | 'deleted', by: string | undefined): Tombstone {
  const { id, userEmail, cmd, dstObj, seq, msgType, createAt, cid } = message
  return { id, userEmail, cmd, dstObj, seq, msgType, createAt, ...(cid === undefined ? {} : { cid }), ...(by === undefined ? {} : { goneBy: by }), [how]: true }
}

function reacted(reacts: Reaction[] | undefined, change: Change): Reaction[] | undefined {
  const who = change.userEmail ?? ''
  const rest = (reacts ?? []).map((reaction) => ({ ...reaction, users: [...reaction.users] }))
  const found = rest.find((reaction) => reaction.content === change.content)
  const had = found?.users.includes(who) ?? false
  if (change.on === true && !had) {
    if (found) {
      found.count += 1
      found.users.push(who)
    } else rest.push({ content: change.content ?? '', count: 1, users: [who] })
  } else if (change.on === false && found && (had || found.count > found.users.length)) {
    found.count -= 1
    found.users = found.users.filter((user) => user !== who)
  }
  const left = rest.filter((reaction) => reaction.count > 0)
  return left.length > 0 ? left : undefined
}

/** Nobody can tell whether this message knows of the change: it counts more people than it names, and the one who reacts
 * is not among those. A page of the history may be newer than the changes that the connection brings after it. Pages name
 * the first 100 (docs/PROTOCOL.md). */
export function isUncertain(message: Message, change: Change): boolean {
  if (change.cmd !== 27 || isGone(message)) return false
  const found = message.reacts?.find(({ content }) => content === change.content)
  return found !== undefined && found.count > found.users.length && !found.users.includes(change.userEmail ?? '')
}

/** A message as the server has it, which may not name me among the many who reacted: it does where I am known to have. */
export function withMine(message: Message, known: Message | undefined, me: string): Message {
  const mine = new Set(known?.reacts?.filter(({ users }) => users.includes(me)).map(({ content }) => content))
  if (mine.size === 0 || !message.reacts) return message
  const named = ({ content, count, users }: Reaction) => (mine.has(content) && count > users.length && !users.includes(me) ? { content, count, users: [...users, me] } : { content, count, users })
  return { ...message, reacts: message.reacts.map(named) }
}

/** Both show the same of what changes after a message was sent. Addresses of files may be signed anew, and count for nothing. */
export function isSameState(one: Message, other: Message): boolean {
  const state = ({ recalled, deleted, edited, pinned, reacts, content }: Message) => JSON.stringify([recalled, deleted, edited, pinned, reacts, edited ? content : ''])
  return state(one) === state(other)
}

/** The seqs that a change is about. */
export function seqsOf(change: Change): number[] {
  return change.seqs ?? (change.seq === undefined ? [] : [change.seq])
}

/** A message after one of the frames 24 to 28; undefined: it is there no more for this user. */
export function changedMessage(message: Message, change: Change): Message | undefined {
  switch (change.cmd) {
    case 24:
      return tombstone(message, 'recalled', change.userEmail)
    case 25: {
      if (isGone(message)) return message
      return change.content === undefined ? message : { ...message, content: change.content, edited: true }
    }
    case 26:
      return change.scope === 'self' ? undefined : tombstone(message, 'deleted', change.userEmail)
    case 27: {
      const { reacts, ...rest } = message
      const now = reacted(reacts, change)
      return isGone(message) ? message : now ? { ...rest, reacts: now } : rest
    }
    case 28: {
      const { pinned: _, ...rest } = message
      return isGone(message) ? message : change.on === true ? { ...rest, pinned: true } : rest
    }
  }
}

/** Where a chat's screen is. */
export function chatPath(chat: ChatRef, seq?: number): string {
  const path = `/chats/${chat.chat}/${encodeURIComponent(chat.dstObj)}`
  return seq === undefined ? path : `${path}?at=${seq}`
}
