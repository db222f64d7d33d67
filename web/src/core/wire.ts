import type { ChatRef, Client, Frame } from '@im-service/client'
import { watchOrphans } from './adopt'
import type { Cache } from './cache/db'
import { useChats } from './chats'
import { useDrafts } from './drafts'
import { firstPicture, lookAhead, lookFirst } from './firstLook'
import { useGroups } from './groups'
import { useLimits } from './limits'
import { useMembers } from './members'
import { useNoticesSeen } from './noticesSeen'
import { useOutbox } from './outbox'
import { usePeople } from './people'
import { usePins } from './pins'
import { useReads } from './reads'
import { useSession } from './session'
import { useStickers } from './stickers'
import { useTimelines } from './timelines'
import { useTyping } from './typing'
import { useUploads } from './uploads'
import { useWriting } from './writing'

/** So long the cache waits for an answer of the server that is on its way already. */
const PATIENCE_MS = 150

let endWatch: () => void = () => undefined

/** Brings the browser's cache, and then what comes over the connection, into the stores. Where the server has answered
 * already what the first picture shows, that is drawn before anything else. */
export async function openSession(): Promise<void> {
  const session = useSession()
  const client = await session.start()
  if (!client) return
  listen(client)
  const listed = lookAhead(client)
  if (await Promise.race([listed, new Promise<false>((late) => setTimeout(late, PATIENCE_MS, false))])) {
    session.ready = true
    await firstPicture()
  }
  const kept = session.client === client ? await session.open(client) : undefined
  if (!kept) return
  const { cache, messages, slot } = kept
  await fromCache(cache, slot)
  if (session.client !== client) return
  useTimelines().open(messages)
  if (useChats().all.size === 0) void listed.then((there) => (there ? undefined : lookFirst(client)))
  await client.open()
  useOutbox().restore(client.pending)
  await useUploads().open(cache, slot)
  if (session.client !== client) return
  endWatch = watchOrphans(client, cache, slot)
  session.ready = session.kept = true
}

/** Once a page: a network that is back, or a page that is looked at again, is worth an attempt at once. */
export function watchNetwork(): void {
  const wake = () => useSession().client?.wake()
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake())
}

async function fromCache(cache: Cache, slot: number): Promise<void> {
  await Promise.all([useChats().open(cache), usePeople().open(cache), useGroups().open(cache), useNoticesSeen().open(cache), useOutbox().open(cache, slot), useDrafts().open(cache)])
}

export function closeStores(): void {
  endWatch()
  useUploads().close()
  useDrafts().close()
  useWriting().close()
  useStickers().close()
  useChats().close()
  usePeople().close()
  useGroups().close()
  useNoticesSeen().close()
  useMembers().close()
  useOutbox().close()
  usePins().close()
  useReads().close()
  useTimelines().close()
}

function listen(client: Client): void {
  const session = useSession()
  const chats = useChats()
  const people = usePeople()
  const groups = useGroups()
  const outbox = useOutbox()
  const pins = usePins()
  const reads = useReads()
  const timelines = useTimelines()
  const typing = useTyping()
  const drafts = useDrafts()
  const limits = useLimits()
  const stickers = useStickers()
  const writing = useWriting()

  function left(chat: ChatRef): void {
    chats.gone(chat)
    timelines.gone(chat)
    pins.drop(chat)
  }

  client.on('hello', (hello) => limits.hello(hello))
  client.on('state', (state) => {
    if (state !== 'live') return
    drafts.pushAll()
    stickers.again()
    void people.loadFriends().catch(() => undefined)
    void people.loadRequests().catch(() => undefined)
    void people.loadBlocked().catch(() => undefined)
    people.watchAgain()
    void groups.load().catch(() => undefined)
  })
  client.on('messages', ({ chat, messages }) => {
    chats.arrived(chat, messages)
    timelines.arrived(chat, messages)
    const sender = messages.at(-1)?.userEmail
    if (sender !== undefined) typing.set(chat, sender, false)
    if (chat.chat === 11) {
      groups.want(chat.dstObj)
      groups.arrived(chat.dstObj, messages)
    }
    for (const { userEmail } of messages) people.want(userEmail)
  })
  client.on('change', ({ chat, change }) => {
    chats.changed(chat, change)
    timelines.changed(chat, change)
    pins.changed(chat, change)
  })
  client.on('chat', (delta) => {
    if (delta.min > (chats.get(delta)?.min ?? 1)) timelines.cleared(delta, delta.min - 1)
    chats.stands(delta)
    if (typeof delta.draft === 'string') drafts.told(delta, delta.draft)
    if (delta.chat === 10) people.want(delta.dstObj)
    else groups.want(delta.dstObj)
  })
  client.on('gone', (list) => {
    for (const chat of list) left(chat)
  })
  client.on('reset', () => {
    chats.reset()
    timelines.reset()
    pins.close()
  })
  client.on('sent', ({ pending, ack }) => {
    outbox.sent(pending, ack)
    writing.sent(pending)
  })
  client.on('failed', ({ pending, error }) => {
    outbox.failed(pending, error)
    writing.sent(pending, error.code)
  })
  client.on('refused', ({ cid, error }) => writing.refused(cid, error.code))
  client.on('read', ({ chat, userEmail, seq, count }) => {
    chats.marked(chat, userEmail, seq)
    if (count !== undefined) reads.told(chat, seq, count)
  })
  client.on('typing', ({ chat, userEmail, on }) => typing.set(chat, userEmail, on))
  client.on('presence', ({ email, online, seenAt }) => people.presence(email, online, seenAt))
  client.on('setting', (frame) => {
    chats.set(frame)
    const set = chatOf(frame)
    if (typeof frame['draft'] === 'string') drafts.told(set, frame['draft'])
    if (typeof frame['clearTo'] === 'number') {
      timelines.cleared(set, frame['clearTo'])
      pins.cleared(set, frame['clearTo'])
    }
  })
  client.on('contact', (frame) => people.contact(frame))
  client.on('group', (frame) => {
    groups.changed(frame)
    if (endsMembership(frame, session.me?.email ?? '')) left(chatOf(frame))
  })
  client.on('stickers', (list) => void stickers.told(list))
  client.on('ended', (reason) => {
    session.forget(reason)
    closeStores()
  })
}

function chatOf(frame: Frame): ChatRef {
  return { chat: frame['chat'] === 11 ? 11 : 10, dstObj: String(frame['dstObj']) }
}

/** A frame 31 after which this user is in the group no more. */
function endsMembership(frame: Frame, me: string): boolean {
  if (frame['op'] === 'dismiss') return true
  if (frame['op'] !== 'leave' && frame['op'] !== 'kick') return false
  return Array.isArray(frame['users']) && frame['users'].some((user) => String(user).toLowerCase() === me.toLowerCase())
}
