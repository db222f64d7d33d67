import { chatKey, type Change, type ChatRef, type Message, type Page } from '@im-service/client'
import { shallowReactive } from 'vue'
import type { MessageCache } from './cache/messages'
import { changedMessage, seqsOf } from './chat'

const PAGE = 60
/** Messages held in memory: enough to scroll on, few enough to stay small. */
const HELD_MAX = 900

export interface Source {
  history(chat: ChatRef, where: { from?: number; before?: number; limit?: number; at?: number }): Promise<Page>
}

/** A window of a chat's history: consecutive messages, oldest first, that grows at both ends as it is scrolled and
 * is cut at the far one. Live messages join it while it reaches the chat's end. */
export class Timeline {
  readonly key: string
  /** Not reactive by itself: `state.version` says that it changed. */
  items: Message[] = []
  readonly state = shallowReactive({
    version: 0,
    /** The oldest message that may be read is among them; the newest is. */
    atStart: false,
    atEnd: false,
    loadingOlder: false,
    loadingNewer: false,
    ready: false,
    error: undefined as unknown,
    /** Changes by what was put before the first item: the list keeps its place then. */
    prepended: 0,
  })
  private turn = 0

  constructor(
    readonly chat: ChatRef,
    private readonly source: Source,
    private readonly cache: MessageCache,
    private head: number,
  ) {
    this.key = chatKey(chat)
  }

  get first(): number {
    return this.items[0]?.seq ?? 0
  }

  get last(): number {
    return this.items.at(-1)?.seq ?? 0
  }

  indexOf(seq: number): number {
    let low = 0
    let high = this.items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.items[middle]!.seq < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  find(seq: number): Message | undefined {
    const found = this.items[this.indexOf(seq)]
    return found?.seq === seq ? found : undefined
  }

  /** The newest messages: at once from the cache where it has them. */
  async toEnd(): Promise<void> {
    const turn = ++this.turn
    if (this.state.atEnd && this.items.length > 0) return
    const cached = await this.cache.newest(this.key, this.head, PAGE)
    if (turn !== this.turn) return
    if (cached.length > 0) {
      this.replace(cached, cached[0]!.seq <= 1, true)
      if (cached.length >= PAGE || cached[0]!.seq <= 1) return
    }
    await this.load(turn, () => this.source.history(this.chat, { limit: PAGE }), (page) => {
      this.replace(page.msgs, !page.more, true)
    })
  }

  /** A page with the message of that seq in its middle. false: it can't be had. */
  async around(seq: number): Promise<boolean> {
    if (this.find(seq)) return true
    const turn = ++this.turn
    await this.load(
      turn,
      async () => {
        const [older, newer] = await Promise.all([
          this.source.history(this.chat, { before: seq, limit: PAGE / 2 }),
          this.source.history(this.chat, { from: seq, limit: PAGE / 2 }),
        ])
        return { older, newer }
      },
      ({ older, newer }) => this.replace([...older.msgs, ...newer.msgs], !older.more, !newer.more),
    )
    return this.find(seq) !== undefined
  }

  async older(): Promise<void> {
    const first = this.items[0]
    if (!first || this.state.atStart || this.state.loadingOlder) return
    const { turn } = this
    this.state.loadingOlder = true
    try {
      const page = await this.source.history(this.chat, { before: first.seq, limit: PAGE })
      if (turn !== this.turn) return
      void this.cache.put(this.key, page.msgs)
      this.items = [...page.msgs, ...this.items]
      this.state.prepended += page.msgs.length
      this.state.atStart = !page.more
      if (this.items.length > HELD_MAX) {
        this.items = this.items.slice(0, HELD_MAX)
        this.state.atEnd = false
      }
      this.touch()
    } catch (error) {
      this.state.error = error
    } finally {
      this.state.loadingOlder = false
    }
  }

  async newer(): Promise<void> {
    const last = this.items.at(-1)
    if (!last || this.state.atEnd || this.state.loadingNewer) return
    const { turn } = this
    this.state.loadingNewer = true
    try {
      const page = await this.source.history(this.chat, { from: last.seq + 1, limit: PAGE })
      if (turn !== this.turn) return
      const fresh = page.msgs.filter(({ seq }) => seq > this.last)
      void this.cache.put(this.key, fresh)
      this.items = [...this.items, ...fresh]
      this.state.atEnd = !page.more
      this.trimStart()
      this.touch()
    } catch (error) {
      this.state.error = error
    } finally {
      this.state.loadingNewer = false
    }
  }

  /** New messages of this chat, oldest first. */
  arrived(messages: Message[]): void {
    const newest = messages.at(-1)
    if (!newest) return
    this.head = Math.max(this.head, newest.seq)
    if (!this.state.atEnd) return
    const fresh = messages.filter(({ seq }) => seq > this.last)
    if (fresh.length === 0) return
    this.items = [...this.items, ...fresh]
    this.trimStart()
    this.touch()
  }

  changed(change: Change): void {
    let touched = false
    for (const seq of seqsOf(change)) {
      const at = this.indexOf(seq)
      const found = this.items[at]
      if (found?.seq !== seq) continue
      const now = changedMessage(found, change)
      this.items = now ? this.items.with(at, now) : this.items.toSpliced(at, 1)
      touched = true
    }
    if (touched) this.touch()
  }

  /** The same messages as the server has them now: addresses of files are signed anew, for example. */
  refreshed(messages: Message[]): void {
    let touched = false
    for (const message of messages) {
      const at = this.indexOf(message.seq)
      if (this.items[at]?.seq !== message.seq) continue
      this.items = this.items.with(at, message)
      touched = true
    }
    if (touched) this.touch()
  }

  cleared(to: number): void {
    this.items = this.items.filter(({ seq }) => seq > to)
    this.state.atStart = true
    this.touch()
  }

  private trimStart(): void {
    const over = this.items.length - HELD_MAX
    if (over <= 0) return
    this.items = this.items.slice(over)
    this.state.prepended -= over
    this.state.atStart = false
  }

  private replace(items: Message[], atStart: boolean, atEnd: boolean): void {
    this.items = items
    this.state.atStart = atStart
    this.state.atEnd = atEnd
    this.state.ready = true
    this.touch()
  }

  private async load<T>(turn: number, ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    try {
      const answer = await ask()
      if (turn !== this.turn) return
      take(answer)
      this.state.error = undefined
      void this.cache.put(this.key, this.items)
    } catch (error) {
      if (turn === this.turn) this.state.error = error
    }
  }

  private touch(): void {
    this.state.version += 1
  }
}
