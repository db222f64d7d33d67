import type { Change, ChatRef, Message } from '@im-service/client'
import { chatKey } from '@im-service/client'
import { onScopeDispose, shallowReactive } from 'vue'
import { seqsOf } from './chat'
import { pagesIn } from './links'
import { mediaUrl } from './media'
import { useSession } from './session'

export type SharedKind = 'media' | 'file' | 'link'

const PAGE = 30
/** A page may be empty before the end: so many are asked for by themselves. */
const EMPTY_MAX = 5
const TYPES: Record<SharedKind, number[]> = { media: [2, 3], file: [8], link: [1, 5] }

/** Whether a message belongs there. */
export function isShared(kind: SharedKind, message: Message): boolean {
  if (message.recalled || message.deleted || message.content === undefined || !TYPES[kind].includes(message.msgType)) return false
  return kind === 'link' ? pagesIn(message.content).length > 0 : mediaUrl(message.content) !== undefined
}

/** The list after a frame 24 to 26: what is gone is there no more. */
export function afterChange(kind: SharedKind, messages: Message[], change: Change): Message[] {
  if (change.cmd !== 24 && change.cmd !== 25 && change.cmd !== 26) return messages
  const seqs = new Set(seqsOf(change))
  return messages.flatMap((message) => {
    if (!seqs.has(message.seq)) return [message]
    if (change.cmd !== 25 || change.content === undefined) return []
    const now = { ...message, content: change.content, edited: true }
    return isShared(kind, now) ? [now] : []
  })
}

/** What a chat shows of one kind, the newest first, page by page, and as it is now. */
export function useSharedFiles(chat: ChatRef, kind: SharedKind) {
  const client = useSession().client!
  const state = shallowReactive({ messages: [] as Message[], more: true, loading: false, loaded: false, error: undefined as unknown })

  let cursor: string | undefined
  const from = () => ({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
  const read = (): Promise<{ msgs: Message[]; cursor?: string }> =>
    kind === 'link' ? client.search({ link: true, chat, ...from() }) : client.files(chat, { kind, ...from() })

  /** Reads on, until there are so many more, as far as they are found soon. */
  async function more(wanted = 1): Promise<void> {
    if (state.loading || !state.more) return
    Object.assign(state, { loading: true, error: undefined })
    try {
      let found = 0
      for (let turns = 0; turns < EMPTY_MAX && state.more && found < wanted; turns++) {
        const page = await read()
        cursor = page.cursor
        state.more = cursor !== undefined
        const there = new Set(state.messages.map(({ seq }) => seq))
        const fresh = page.msgs.filter((message) => isShared(kind, message) && !there.has(message.seq))
        state.messages = [...state.messages, ...fresh]
        found += fresh.length
      }
      state.loaded = true
    } catch (error) {
      state.error = error
    }
    state.loading = false
  }

  const here = (other: ChatRef) => chatKey(other) === chatKey(chat)

  const ends = [
    client.on('messages', ({ chat: other, messages }) => {
      if (!here(other)) return
      const newest = state.messages[0]?.seq ?? 0
      state.messages = [...messages.filter((message) => message.seq > newest && isShared(kind, message)).reverse(), ...state.messages]
    }),
    client.on('change', ({ chat: other, change }) => {
      if (here(other)) state.messages = afterChange(kind, state.messages, change)
    }),
    client.on('setting', (frame) => {
      const to = frame['clearTo']
      if (typeof to === 'number' && here({ chat: frame['chat'] === 11 ? 11 : 10, dstObj: String(frame['dstObj']) })) state.messages = state.messages.filter(({ seq }) => seq > to)
    }),
  ]
  onScopeDispose(() => ends.forEach((end) => end()))

  return { state, more }
}
