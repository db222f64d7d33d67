/** What frames and answers hold (docs/PROTOCOL.md). Times are Unix milliseconds unless a name says seconds. */

/** 10: a conversation with one person, 11: a group. */
export type ChatKind = 10 | 11

/** A conversation as its reader names it: `dst` is the other's email, or the group's id as text. */
export interface ChatRef {
  chat: ChatKind
  dstObj: string
}

export const enum MessageType {
  Text = 1,
  Image = 2,
  Video = 3,
  Emoji = 4,
  Link = 5,
  File = 8,
  Voice = 9,
  Location = 10,
  Card = 11,
  Merged = 12,
  Notice = 13,
  Sticker = 14,
}

export interface Reaction {
  content: string
  count: number
  users: string[]
}

export interface Message {
  id: number
  userEmail: string
  cmd: ChatKind
  /** The recipient, whoever reads: the peer's email or the group's id. */
  dstObj: string
  seq: number
  msgType: number
  /** Absent in a message that was recalled or deleted. */
  content?: string
  createAt: number
  cid?: string
  /** The sender's own clock. */
  ct?: number
  reply?: number
  at?: string[]
  ttl?: number
  ext?: Record<string, unknown>
  fwd?: Record<string, unknown>
  edited?: boolean
  pinned?: boolean
  reacts?: Reaction[]
  recalled?: boolean
  deleted?: boolean
}

/** What a sender may say beside the content. */
export interface SendOptions {
  msgType?: number
  /** The seq that is answered. */
  reply?: number
  /** Emails, or "@all" by a group's owner and admins. */
  at?: string[]
  /** Seconds until the message goes. */
  ttl?: number
  /** Up to 4 KiB that the server does not read. */
  ext?: Record<string, unknown>
  /** Messages of a chat of one's own to say again here. */
  fwd?: { chat: ChatKind; dstObj: string; seqs: number[] }
}

/** What is searched for: words, or with `link` messages that show a link, whatever else they say; in all chats or in one.
 * Times in ms: from `begin` on, before `end`. */
export interface SearchWhere {
  q?: string
  link?: boolean
  chat?: ChatRef
  sender?: string
  msgType?: number
  begin?: number
  end?: number
  cursor?: string
  limit?: number
}

/** A page of what was found, the newest first. The index knows messages up to the id `upTo`; the newest is `head`. */
export interface Found {
  msgs: Message[]
  cursor?: string
  upTo: number
  head: number
}

/** A page of the messages of a chat that show files. */
export interface ChatFiles {
  chat: 10 | 11
  dstObj: string
  msgs: Message[]
  cursor?: string
}

/** A change of a message already sent: frames 24 to 28. */
export interface Change {
  cmd: 24 | 25 | 26 | 27 | 28
  seq?: number
  seqs?: number[]
  content?: string
  on?: boolean
  scope?: 'self' | 'all'
  mver?: number
  pver?: number
  userEmail?: string
}

/** One chat of a delta (frame 19). */
export interface ChatDelta extends ChatRef {
  head: number
  mhead: number
  min: number
  read: number
  unread: number
  peerRead?: number
  mention?: number
  top?: number | boolean
  mute?: boolean
  draft?: string
  clearTo?: number
  msgs: Message[]
  muts: Change[]
  more?: boolean
  mmore?: boolean
}

export interface Delta {
  epoch: string
  chats: ChatDelta[]
  gone?: ChatRef[]
  cursor?: string
  done: boolean
  reset?: boolean
  pver: number
}

export interface Page extends ChatRef {
  msgs: Message[]
  more: boolean
  head: number
  min: number
}

export interface Presence {
  email: string
  online: boolean
  /** When one who is offline was last here, where that is known. */
  seenAt?: number
}

export interface Hello {
  epoch: string
  sid: string
  time: number
  /** Seconds between hearts. */
  hb: number
  limits: { content: number; ext: number; at: number; perSecond: number; burst: number; recallMs: number; editMs: number }
}

/** Any frame: what the client does not know is passed on as it came. */
export type Frame = { cmd: number } & Record<string, unknown>

export type ConnectionState = 'offline' | 'connecting' | 'syncing' | 'live' | 'ended'
