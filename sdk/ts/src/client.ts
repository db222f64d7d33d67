import { Backoff } from './backoff.js'
import { Emitter } from './emitter.js'
import { ImError, UNAUTHORIZED } from './error.js'
import { Link, type SocketFactory, type SocketLike } from './link.js'
import { Outbox, type Ack } from './outbox.js'
import { Rest, type Credentials } from './rest.js'
import { chatKey, MemoryStorage, type Cursor, type Pending, type Storage } from './storage.js'
import type {
  Change,
  ChatDelta,
  ChatFiles,
  ChatRef,
  ConnectionState,
  Delta,
  Found,
  Frame,
  Hello,
  Message,
  Page,
  Presence,
  SearchWhere,
  SendOptions,
} from './types.js'
import { uuid7 } from './uuid7.js'

export interface ClientOptions {
  /** Where the server is: https://chat.example.com */
  url: string
  credentials: Credentials
  /** Names this device, at most 64 of [A-Za-z0-9._-]; keep it between starts. */
  device: string
  storage?: Storage
  /** Where there is no global WebSocket. */
  socket?: SocketFactory
  fetch?: typeof fetch
  backoff?: Backoff
}

/** What happens. Messages of a chat come in order of seq, each once; a change comes after the message it is about. */
export interface ClientEvents {
  state: ConnectionState
  hello: Hello
  /** New messages of one chat, oldest first: live, or what was missed. */
  messages: { chat: ChatRef; messages: Message[] }
  /** Recall, edit, delete, reaction, pin: of a message this device has. */
  change: { chat: ChatRef; change: Change }
  /** How a chat stands after the device was away: read marks, unread, settings. */
  chat: ChatDelta
  /** Chats the user is in no more. */
  gone: ChatRef[]
  /** What the device keeps is of another store: forget it. */
  reset: string
  /** A message is stored; `ack.dup` says that it was already. */
  sent: { pending: Pending; ack: Ack }
  /** A message was refused and is not tried again. */
  failed: { pending: Pending; error: ImError }
  read: { chat: ChatRef; userEmail: string | undefined; seq: number; count: number | undefined }
  typing: { chat: ChatRef; userEmail: string; on: boolean }
  /** Of friends, and of whom watch() names. */
  presence: Presence
  /** Frames 29, 30 and 31 as they came: a chat's settings, contacts, groups. */
  setting: Frame
  contact: Frame
  group: Frame
  /** The user's list of sticker packs, in order, and the pack that is to be read anew, if one is. */
  stickers: { id: number | undefined; ids: number[] }
  /** A frame was refused that is no message. */
  refused: { cmd: number; cid: string | undefined; error: ImError }
  /** The server ended this session for good: revoked, kicked, replaced, or a token that is no longer valid. */
  ended: string
}

const PULL_LIMIT = 200
const ACK_AFTER_MS = 1000
const PRESENCE_MAX = 100 // in one call

/** A device of one user. It connects and reconnects by itself, brings itself up to date, fills gaps before it goes on,
 * and sends what is in its outbox until the server has it. */
export class Client extends Emitter<ClientEvents> {
  readonly rest: Rest
  private readonly storage: Storage
  private readonly backoff: Backoff
  private readonly outbox: Outbox
  private readonly cursors = new Map<string, Cursor>()
  /** Seqs heard of while a chat was being filled. */
  private readonly wanted = new Map<string, number>()
  private readonly filling = new Set<string>()
  private readonly unconfirmed = new Set<string>()
  private confirming: ReturnType<typeof setTimeout> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined
  private link: Link | undefined
  private current: ConnectionState = 'offline'
  private epoch: string | undefined
  private pver = 0
  private syncAgain = false
  private loaded: Promise<void> | undefined
  private wish = false
  /** Storage is written in order, whatever comes meanwhile. */
  private writing: Promise<unknown> = Promise.resolve()
  /** Chats whose cursors the last of these writes keeps; undefined: it is another. */
  private unsaved: Set<string> | undefined

  constructor(private readonly options: ClientOptions) {
    super()
    this.rest = new Rest(options.url, options.fetch)
    this.rest.credentials = options.credentials
    this.storage = options.storage ?? new MemoryStorage()
    this.backoff = options.backoff ?? new Backoff()
    this.outbox = new Outbox(
      this.storage,
      (frame) => this.link?.send(frame) ?? false,
      (pending, outcome) => {
        if (outcome instanceof ImError) this.emit('failed', { pending, error: outcome })
        else this.emit('sent', { pending, ack: outcome })
      },
    )
  }

  get state(): ConnectionState {
    return this.current
  }

  get email(): string {
    return this.options.credentials.email
  }

  /** Messages that are not acked yet. */
  get pending(): Pending[] {
    return this.outbox.waiting
  }

  /** Connects, and keeps connected until close() or until the server says that it is over. */
  async open(): Promise<void> {
    this.wish = true
    this.loaded ??= this.load()
    await this.loaded
    if (this.wish && !this.link && this.retry === undefined) void this.connect()
  }

  close(): void {
    this.wish = false
    clearTimeout(this.retry)
    this.retry = undefined
    this.confirm()
    this.link?.close()
    this.to('offline')
  }

  /** Tries at once instead of waiting: the network is back, or the page is visible again. */
  wake(): void {
    if (this.retry === undefined) return
    clearTimeout(this.retry)
    this.retry = undefined
    this.backoff.reset()
    void this.connect()
  }

  /** Queues a message; it is sent as soon as there is a connection. The promise settles when the server has stored
   * or refused it. Give the cid of an earlier attempt to try that one again. */
  send(chat: ChatRef, content: string, options: SendOptions & { cid?: string } = {}): { cid: string; sent: Promise<Ack> } {
    const { cid = uuid7(), ...rest } = options
    const pending: Pending = { chat: chat.chat, dstObj: chat.dstObj, cid, content, options: rest, createAt: Date.now() }
    const sent = this.outbox.add(pending)
    sent.catch(() => undefined) // Whoever does not wait hears of it by `failed`.
    return { cid, sent }
  }

  /** Reads history; what is read is not news and moves no cursor. The newest page, or that before a seq, from a seq on,
   * or from a time on (at, ms): then an empty page says that everything is older. */
  history(chat: ChatRef, where: { from?: number; before?: number; at?: number; limit?: number } = {}): Promise<Page> {
    return this.rest.get<Page>('/msg/pull', { chat: chat.chat, dstObj: chat.dstObj, ...where })
  }

  /** Messages of a chat that show pictures and videos (media), files or voice, the newest first. A cursor says that there
   * may be more, below it; a page may be empty before the end. Any seq serves as a cursor. With `after`, a seq: what stands
   * behind that message, the oldest first, and the cursor is the next `after`. */
  files(chat: ChatRef, where: { kind?: 'media' | 'file' | 'voice'; cursor?: string; after?: number | string; limit?: number } = {}): Promise<ChatFiles> {
    return this.rest.get<ChatFiles>('/msg/files', { chat: chat.chat, dstObj: chat.dstObj, ...where })
  }

  /** Messages of one's chats, the newest first. A cursor says that there may be more, below it; a page may be empty before
   * the end. */
  search({ chat, ...where }: SearchWhere): Promise<Found> {
    return this.rest.get<Found>('/msg/search', { ...(chat ? bare(chat) : {}), ...where })
  }

  recall(chat: ChatRef, seq: number): Promise<true> {
    return this.rest.post('/msg/recall', { ...bare(chat), seq })
  }

  edit(chat: ChatRef, seq: number, content: string): Promise<true> {
    return this.rest.post('/msg/edit', { ...bare(chat), seq, content })
  }

  delete(chat: ChatRef, seqs: number[], scope: 'self' | 'all' = 'self'): Promise<true> {
    return this.rest.post('/msg/delete', { ...bare(chat), seqs, scope })
  }

  react(chat: ChatRef, seq: number, emoji: string, on = true): Promise<true> {
    return this.rest.post('/msg/react', { ...bare(chat), seq, content: emoji, on })
  }

  pin(chat: ChatRef, seq: number, on = true): Promise<true> {
    return this.rest.post('/msg/pin', { ...bare(chat), seq, on })
  }

  set(chat: ChatRef, settings: { top?: boolean; mute?: boolean; draft?: string; clearTo?: number }): Promise<unknown> {
    return this.rest.put('/conv/set', { ...bare(chat), ...settings })
  }

  /** The user has read the chat up to there. Not queued: the next mark says it again. */
  read(chat: ChatRef, seq: number): void {
    this.link?.send({ cmd: 22, ...bare(chat), seq })
  }

  /** Who may not write there gets `refused` with that cid. */
  typing(chat: ChatRef, on: boolean, cid?: string): void {
    this.link?.send({ cmd: 23, ...bare(chat), on, ...(cid === undefined ? {} : { cid }) })
  }

  /** Whose coming and going is wanted beside the friends'. Replaces the last such wish. */
  watch(users: string[]): void {
    this.link?.send({ cmd: 33, users })
  }

  /** How these are now: of friends and of those one shares a chat or group with, others are left out. */
  async presence(users: string[]): Promise<Presence[]> {
    const found: Presence[] = []
    for (let i = 0; i < users.length; i += PRESENCE_MAX) {
      const some = users.slice(i, i + PRESENCE_MAX).join(',')
      const answer = await this.rest.get<{ users: { email: string; online: number; seenAt?: number }[] }>('/user/presence', { users: some })
      found.push(...answer.users.map((user) => presenceOf(user.email, user.online === 1, user.seenAt)))
    }
    return found
  }

  // ---- connecting ----

  private async load(): Promise<void> {
    const state = await this.storage.load()
    this.epoch = state.epoch
    this.pver = state.pver
    for (const cursor of state.cursors) this.cursors.set(chatKey(cursor), cursor)
    this.outbox.restore(state.pending)
  }

  private to(state: ConnectionState): void {
    if (this.current === state || this.current === 'ended') return
    this.current = state
    if (state === 'live') this.outbox.start()
    else this.outbox.stop()
    this.emit('state', state)
  }

  private async connect(): Promise<void> {
    this.to('connecting')
    let ticket: string
    try {
      ticket = (await this.rest.post<{ ticket: string }>('/user/ticket')).ticket
    } catch (error) {
      if (error instanceof ImError && error.code === UNAUTHORIZED) this.end('unauthorized')
      else this.later(error instanceof ImError ? error.retryAfter : undefined)
      return
    }
    if (!this.wish) return
    const query = new URLSearchParams({ ticket, v: '2', device: this.options.device })
    const url = `${this.options.url.replace(/^http/, 'ws')}/chat?${query}`
    let socket: SocketLike
    try {
      socket = (this.options.socket ?? ((target) => new WebSocket(target) as unknown as SocketLike))(url)
    } catch {
      this.later(undefined)
      return
    }
    const link: Link = new Link(
      socket,
      (frame) => this.link === link && this.taken(frame),
      () => this.link === link && this.lost(),
    )
    this.link = link
  }

  private lost(): void {
    this.link = undefined
    this.filling.clear()
    this.wanted.clear()
    clearTimeout(this.confirming)
    this.confirming = undefined
    if (this.wish) this.later(undefined)
  }

  private later(seconds: number | undefined): void {
    this.to('offline')
    if (!this.wish || this.retry !== undefined) return
    const wait = seconds === undefined ? this.backoff.next() : seconds * 1000
    this.retry = setTimeout(() => {
      this.retry = undefined
      void this.connect()
    }, wait)
  }

  private end(reason: string): void {
    this.wish = false
    this.link?.close()
    this.link = undefined
    this.to('offline')
    this.current = 'ended'
    this.emit('state', 'ended')
    this.emit('ended', reason)
  }

  // ---- frames ----

  private taken(frame: Frame): void {
    switch (frame.cmd) {
      case 0:
        return
      case 1:
        this.outbox.acked(frame as unknown as Ack)
        return
      case 10:
      case 11:
        return this.live(frame as unknown as Message)
      case 13:
      case 14:
        return this.emit('presence', presenceOf(frame['userEmail'], frame.cmd === 13, frame['seenAt']))
      case 16:
        return this.greeted(frame as unknown as Hello)
      case 17:
        return this.refusal(frame)
      case 19:
        return this.delta(frame as unknown as Delta)
      case 21:
        return this.page(frame as unknown as Page)
      case 22:
        return this.emit('read', {
          chat: chatOf(frame),
          userEmail: frame['userEmail'] as string | undefined,
          seq: Number(frame['seq']),
          count: frame['count'] as number | undefined,
        })
      case 23:
        return this.emit('typing', {
          chat: chatOf(frame),
          userEmail: String(frame['userEmail']),
          on: frame['on'] === true,
        })
      case 24:
      case 25:
      case 26:
      case 27:
      case 28:
        return this.changed(chatOf(frame), frame as unknown as Change)
      case 29:
        this.personal(frame['pver'])
        return this.emit('setting', frame)
      case 30:
        return this.emit('contact', frame)
      case 31:
        return this.emit('group', frame)
      case 32:
        return this.dismissed(frame)
      case 34:
        return this.emit('stickers', { id: frame['id'] as number | undefined, ids: frame['ids'] as number[] })
    }
  }

  private greeted(hello: Hello): void {
    this.backoff.reset()
    this.link?.beat(hello.hb)
    this.emit('hello', hello)
    this.sync(undefined)
  }

  private dismissed(frame: Frame): void {
    if (frame['reason'] !== 'drain') return this.end(String(frame['reason']))
    this.link?.close()
    this.link = undefined
    this.lostFor(Number(frame['retryAfter'] ?? 1))
  }

  private lostFor(seconds: number): void {
    this.filling.clear()
    this.wanted.clear()
    this.later(seconds)
  }

  private refusal(frame: Frame): void {
    const cid = frame['cid'] as string | undefined
    const error = new ImError(Number(frame['code']), String(frame['msg']), frame['retryAfter'] as number | undefined)
    if (cid !== undefined && this.outbox.refused(cid, error)) return
    if (frame['ref'] === 18) this.link?.close() // Begin anew, after a while.
    else if (frame['ref'] === 20) this.filling.clear() // The next message asks again.
    else this.emit('refused', { cmd: Number(frame['ref']), cid, error })
  }

  // ---- being up to date ----

  private sync(cursor: string | undefined): void {
    this.to('syncing')
    this.syncAgain = false
    const chats = [...this.cursors.values()].filter((cursor) => cursor.seq > 0).map(({ chat, dstObj, seq, mver }) => ({ chat, dstObj, seq, mver }))
    this.link?.send({ cmd: 18, epoch: this.epoch, pver: this.pver, chats, ...(cursor === undefined ? {} : { cursor }) })
  }

  private delta(delta: Delta): void {
    if (delta.reset === true || delta.epoch !== this.epoch) {
      if (this.epoch !== undefined) {
        this.cursors.clear()
        this.pver = 0
        this.save(() => this.storage.dropCursors())
        this.emit('reset', delta.epoch)
      }
      this.epoch = delta.epoch
    }
    for (const chat of delta.chats) this.chatDelta(chat)
    for (const chat of delta.gone ?? []) {
      this.cursors.delete(chatKey(chat))
      this.save(() => this.storage.dropCursor(chat))
    }
    if (delta.gone && delta.gone.length > 0) this.emit('gone', delta.gone)
    if (!delta.done) return this.sync(delta.cursor)
    this.pver = delta.pver
    this.save(() => this.storage.saveEpoch(delta.epoch, delta.pver))
    this.link?.send({ cmd: 1, pver: delta.pver })
    if (this.syncAgain) return this.sync(undefined)
    this.to('live')
    for (const [key, seq] of this.wanted) if (seq > (this.cursors.get(key)?.seq ?? 0)) this.fill(key)
  }

  private chatDelta(delta: ChatDelta): void {
    const chat = bare(delta)
    const cursor = this.cursors.get(chatKey(chat)) ?? { ...chat, seq: 0, mver: 0 }
    const known = cursor.seq
    this.deliver(cursor, delta.msgs)
    for (const change of delta.muts) this.emit('change', { chat, change })
    const last = delta.muts.at(-1)?.mver
    if (delta.mmore === true) this.syncAgain = true
    cursor.mver = delta.mmore === true && last !== undefined ? last : Math.max(cursor.mver, delta.mhead)
    if (delta.msgs.length === 0 && delta.more !== true) cursor.seq = Math.max(known, delta.head)
    this.keep(cursor)
    this.emit('chat', delta)
    if (delta.more === true) this.wanted.set(chatKey(chat), Math.max(delta.head, this.wanted.get(chatKey(chat)) ?? 0))
  }

  /** A message that came by itself: the next one, one that is there already, or one beyond a gap. */
  private live(message: Message): void {
    const chat = chatOfMessage(message, this.email)
    const key = chatKey(chat)
    const known = this.cursors.get(key)
    const cursor = known ?? { ...chat, seq: 0, mver: 0 }
    if (message.seq <= cursor.seq) return
    if (this.current !== 'live' || this.filling.has(key) || message.seq > cursor.seq + 1) {
      this.wanted.set(key, Math.max(message.seq, this.wanted.get(key) ?? 0))
      if (this.current === 'live' && known) this.fill(key)
      else if (this.current === 'live') this.sync(undefined) // A chat this device never heard of.
      else if (!known) this.syncAgain = true
      return
    }
    this.deliver(cursor, [message])
    this.keep(cursor)
  }

  private fill(key: string): void {
    const cursor = this.cursors.get(key)
    if (!cursor || this.filling.has(key)) return
    const { chat, dstObj, seq } = cursor
    if (this.link?.send({ cmd: 20, cid: cidOfPull(key), chat, dstObj, from: seq + 1, limit: PULL_LIMIT }))
      this.filling.add(key)
  }

  private page(page: Page): void {
    const key = chatKey(page)
    const cursor = this.cursors.get(key)
    if (!cursor || !this.filling.delete(key)) return
    const before = cursor.seq
    this.deliver(cursor, page.msgs)
    this.keep(cursor)
    const wanted = this.wanted.get(key) ?? 0
    if (cursor.seq > before && (page.more || cursor.seq < wanted)) this.fill(key)
    else this.wanted.delete(key) // It is here, or not to be had.
  }

  private deliver(cursor: Cursor, messages: Message[]): void {
    const fresh = messages.filter((message) => message.seq > cursor.seq)
    if (fresh.length === 0) return
    cursor.seq = fresh.at(-1)!.seq
    this.emit('messages', { chat: bare(cursor), messages: fresh })
  }

  private changed(chat: ChatRef, change: Change): void {
    if (change.scope === 'self') {
      this.emit('change', { chat, change })
      return this.personal(change.pver)
    }
    const cursor = this.cursors.get(chatKey(chat))
    const mver = change.mver ?? 0
    if (!cursor || mver <= cursor.mver) return
    if (this.current !== 'live' || mver > cursor.mver + 1) {
      this.syncAgain = true
      if (this.current === 'live') this.sync(undefined)
      return
    }
    cursor.mver = mver
    this.emit('change', { chat, change })
    this.keep(cursor)
  }

  private personal(pver: unknown): void {
    if (this.current === 'live' && pver === this.pver + 1 && this.epoch !== undefined) {
      const { epoch } = this
      this.pver = pver
      this.save(() => this.storage.saveEpoch(epoch, pver))
    }
  }

  // ---- keeping ----

  private keep(cursor: Cursor): void {
    const key = chatKey(cursor)
    this.cursors.set(key, cursor)
    this.saveCursor(key)
    this.unconfirmed.add(key)
    this.confirming ??= setTimeout(() => this.confirm(), ACK_AFTER_MS)
  }

  /** Tells the server how far this device is: it then knows after a start from nothing, too. */
  private confirm(): void {
    clearTimeout(this.confirming)
    this.confirming = undefined
    for (const key of this.unconfirmed) {
      const cursor = this.cursors.get(key)
      if (cursor) this.link?.send({ cmd: 1, chat: cursor.chat, dstObj: cursor.dstObj, seq: cursor.seq, mver: cursor.mver })
    }
    this.unconfirmed.clear()
  }

  private save(write: () => Promise<unknown>): void {
    this.unsaved = undefined
    this.writing = this.writing.then(write).catch(thrown)
  }

  /** A cursor that moves again before its turn comes is written once: writes do not pile up behind a slow disk. */
  private saveCursor(key: string): void {
    if (this.unsaved) {
      this.unsaved.add(key)
      return
    }
    const keys = new Set([key])
    this.save(async () => {
      if (this.unsaved === keys) this.unsaved = undefined
      for (const one of keys) {
        const cursor = this.cursors.get(one)
        if (cursor) await this.storage.saveCursor({ ...cursor }).catch(thrown)
      }
    })
    this.unsaved = keys
  }
}

/** Nobody waits for it; it is heard of all the same. */
function thrown(error: unknown): void {
  setTimeout(() => {
    throw error
  }, 0)
}

/** At most 64 bytes, as every cid. */
function cidOfPull(key: string): string {
  return `pull-${key}`.slice(0, 40)
}

function presenceOf(email: unknown, online: boolean, seenAt: unknown): Presence {
  return { email: String(email), online, ...(typeof seenAt === 'number' ? { seenAt } : {}) }
}

function bare(chat: ChatRef): ChatRef {
  return { chat: chat.chat, dstObj: chat.dstObj }
}

function chatOf(frame: Frame): ChatRef {
  return { chat: frame['chat'] === 11 ? 11 : 10, dstObj: String(frame['dstObj']) }
}

/** A message names its recipient to everybody; its chat is the other one's. */
export function chatOfMessage(message: Message, me: string): ChatRef {
  const mine = message.userEmail.toLowerCase() === me.toLowerCase()
  return { chat: message.cmd, dstObj: message.cmd === 11 || mine ? message.dstObj : message.userEmail }
}
