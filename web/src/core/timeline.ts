import { chatKey, ImError, type Change, type ChatRef, type Message, type Page } from '@im-service/client'
import { shallowReactive } from 'vue'
import { PAGE } from '@/ahead'
import type { Run } from './cache/messages'
import { changedMessage, isSameState, isUncertain, seqsOf } from './chat'

/** What the server says of a chat that one is not in. */
const FORBIDDEN = 2101
/** Messages held in memory: enough to scroll on, few enough to stay small. They are cut when there are so many more,
 * where and when the reader does not notice; at the last bound in any case. */
export const HELD_MAX = 900
const SLACK = 300
const HELD_LAST = 3000
/** What stays on either side of the reader. */
const AROUND = 200
/** What the cache must have on both sides of a place to show it without asking the server. */
const ENOUGH = 10

export interface Source {
  history(chat: ChatRef, where: { from?: number; before?: number; limit?: number; at?: number }): Promise<Page>
}

/** What a browser keeps of histories: core/cache/messages.ts. */
export interface Kept {
  /** false: it is not open yet, and answers late. */
  isOpen(): boolean
  run(key: string, seq: number, before: number, after: number): Promise<Run | undefined>
  latest(key: string): Promise<number>
  putRun(key: string, run: Run): Promise<void>
}

/** Where the chat begins for this user, and its newest seq, as far as is known. */
export interface Bounds {
  min: number
  head: number
}

/** A window of a chat's history: consecutive messages, oldest first, that grows at both ends as it is scrolled and
 * is cut at the far one. Live messages join it while it reaches the chat's end. The cache answers first: it is kept
 * up to date by what the connection brings. */
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
    /** Something has been shown, if only that there is nothing. */
    ready: false,
    /** Why the last reading failed. */
    error: undefined as unknown,
    /** The user is in this chat no more. */
    gone: false,
    /** Changes when everything was dropped: what is shown begins anew. */
    epoch: 0,
  })
  /** Somebody reads it: nothing is cut that he may be looking at, see trim(). */
  watched = false
  /** The seqs that are covered: items, and between them what this user has no message of. */
  private low = 0
  private high = 0
  /** What was asked under an earlier number is of no interest any more. */
  private turn = 0

  constructor(
    readonly chat: ChatRef,
    private readonly source: Source,
    private readonly cache: Kept,
    private readonly bounds: Bounds,
  ) {
    this.key = chatKey(chat)
  }

  /** The newest seq that this window reaches; 0: it is empty. */
  get last(): number {
    return this.items.at(-1)?.seq ?? 0
  }

  get min(): number {
    return this.bounds.min
  }

  get head(): number {
    return this.bounds.head
  }

  /** Where the first message at or after a seq is. */
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

  /** That place is in the window, whether there is a message or not. */
  covers(seq: number): boolean {
    return this.state.ready && seq >= this.low && seq <= this.high
  }

  /** The newest messages: at once from the cache where it has them. One that is not open yet is asked only if the server
   * can't say. */
  async toEnd(): Promise<void> {
    const turn = ++this.turn
    if (this.state.ready && this.state.atEnd) return
    const late = !this.cache.isOpen()
    const cached = !late && (await this.showKept(turn))
    if (turn !== this.turn || cached === 'whole') return
    const page = await this.ask(turn, () => this.source.history(this.chat, { limit: PAGE }))
    if (page) this.show(this.told(page, endsOf(page)))
    else if (turn === this.turn && !cached && !(late && (await this.showKept(turn)))) await this.showLatest(turn)
  }

  /** The newest messages that the cache has, if it has any: a whole page, or all that there are, or some. */
  private async showKept(turn: number): Promise<'whole' | 'some' | false> {
    const kept = await this.cache.run(this.key, this.bounds.head, PAGE - 1, 0)
    if (turn !== this.turn || !kept) return false
    this.show(kept)
    return kept.high - kept.low + 1 >= PAGE || this.state.atStart ? 'whole' : 'some'
  }

  /** Without a connection: the newest that this browser has, if it is not the newest of all. */
  private async showLatest(turn: number): Promise<void> {
    const latest = await this.cache.latest(this.key)
    if (turn !== this.turn) return
    const run = latest > 0 ? await this.cache.run(this.key, latest, PAGE, 0) : undefined
    if (turn === this.turn && run) this.show(run)
  }

  /** The window around a seq. false: neither the server nor the cache could say. */
  async around(seq: number): Promise<boolean> {
    const turn = ++this.turn
    if (this.covers(seq)) return true
    const half = PAGE / 2
    const late = !this.cache.isOpen()
    let cached = late ? undefined : await this.cache.run(this.key, seq, half, half)
    if (turn !== this.turn) return false
    const isWhole = (run: Run) =>
      (run.low <= Math.max(this.bounds.min, seq - ENOUGH) || run.low <= 1) && run.high >= Math.min(this.bounds.head, seq + ENOUGH)
    if (cached && isWhole(cached)) {
      this.show(cached)
      return true
    }
    const run = await this.ask(turn, () => this.runAround(seq, half))
    if (!run && late && turn === this.turn) cached = await this.cache.run(this.key, seq, half, half)
    if (run) this.show(run)
    else if (turn === this.turn && cached) this.show(cached)
    return turn === this.turn && (run !== undefined || cached !== undefined)
  }

  private async runAround(seq: number, half: number): Promise<Run> {
    if (this.bounds.head - seq <= PAGE - ENOUGH) {
      // The newest page has it, most likely, and may be on its way.
      const page = await this.source.history(this.chat, { limit: PAGE })
      const ends = endsOf(page)
      if (ends.low <= Math.max(page.min, seq - ENOUGH)) return this.told(page, ends)
    }
    const [older, newer] = await Promise.all([
      this.source.history(this.chat, { before: seq, limit: half }),
      this.source.history(this.chat, { from: seq, limit: half }),
    ])
    const low = older.more ? (older.msgs[0]?.seq ?? seq) : older.min
    const high = newer.more ? (newer.msgs.at(-1)?.seq ?? seq) : newer.head
    return this.told({ ...newer, msgs: [...older.msgs, ...newer.msgs] }, { low: Math.min(low, seq), high: Math.max(high, seq) })
  }

  /** The window at a time. The seq that is first there; undefined: everything is older, or it could not be asked
   * (`state.error`). */
  async toTime(ms: number): Promise<number | undefined> {
    const turn = ++this.turn
    const first = await this.ask(turn, async () => (await this.source.history(this.chat, { at: ms, limit: 1 })).msgs[0]?.seq)
    if (first === undefined || turn !== this.turn) return undefined
    return (await this.around(first)) ? first : undefined
  }

  async older(): Promise<void> {
    const { state, low, turn } = this
    if (!state.ready || state.atStart || state.loadingOlder || low === 0) return
    state.loadingOlder = true
    try {
      let run = await this.cache.run(this.key, low - 1, PAGE - 1, 0)
      if (!run) {
        const page = await this.source.history(this.chat, { before: low, limit: PAGE })
        run = this.told(page, { low: page.more ? (page.msgs[0]?.seq ?? low) : Math.min(page.min, low), high: low - 1 })
      }
      if (turn !== this.turn || this.low !== low) return
      this.low = run.low
      this.items = [...run.messages, ...this.items]
      state.atStart = this.low <= this.bounds.min
      this.cutEnd(HELD_LAST)
      this.touch()
      state.error = undefined
    } catch (error) {
      if (turn === this.turn) state.error = error
    } finally {
      state.loadingOlder = false
    }
  }

  async newer(): Promise<void> {
    const { state, high, turn } = this
    if (!state.ready || state.atEnd || state.loadingNewer || high === 0) return
    state.loadingNewer = true
    try {
      let run = await this.cache.run(this.key, high + 1, 0, PAGE - 1)
      if (!run) {
        const page = await this.source.history(this.chat, { from: high + 1, limit: PAGE })
        run = this.told(page, { low: high + 1, high: page.more ? (page.msgs.at(-1)?.seq ?? high) : Math.max(page.head, high) })
      }
      if (turn !== this.turn || this.high !== high) return
      this.high = run.high
      this.items = [...this.items, ...run.messages]
      state.atEnd = this.high >= this.bounds.head
      this.cutStart(HELD_LAST)
      this.touch()
      state.error = undefined
    } catch (error) {
      if (turn === this.turn) state.error = error
    } finally {
      state.loadingNewer = false
    }
  }

  /** What failed is tried again. */
  async retry(): Promise<void> {
    this.state.error = undefined
    if (!this.state.ready || this.items.length === 0) await this.toEnd()
  }

  /** New messages of this chat, oldest first. */
  arrived(messages: Message[]): void {
    const newest = messages.at(-1)
    if (!newest) return
    const { state } = this
    if (state.gone) {
      // Back again.
      Object.assign(state, { gone: false, ready: false, epoch: state.epoch + 1 })
    }
    this.bounds.head = Math.max(this.bounds.head, newest.seq)
    if (!state.ready) {
      // The server can be reached after all.
      if (state.error !== undefined) void this.retry()
      return
    }
    // A page that was read before the connection was there may be older than what that tells now. Where it is newer, the
    // changes in between come yet.
    this.refreshed(messages.filter((message) => this.find(message.seq) && !isSameState(message, this.find(message.seq)!)))
    if (!state.atEnd) return
    const fresh = messages.filter(({ seq }) => seq > this.high)
    if (fresh.length === 0) return
    if (fresh[0]!.seq > this.high + 1 && this.items.length > 0) {
      // There is more between than this device was told of: it is read when the reader gets there.
      state.atEnd = false
      return this.touch()
    }
    this.items = [...this.items, ...fresh]
    this.high = newest.seq
    if (this.low === 0) this.low = fresh[0]!.seq
    if (!this.watched && this.items.length > HELD_MAX + SLACK) this.cutStart(HELD_MAX)
    else if (this.items.length > HELD_LAST) this.cutEnd(HELD_LAST)
    this.touch()
  }

  /** Gives the seqs of messages that are to be read anew, because it can't be told from here how they are now. */
  changed(change: Change): number[] {
    const uncertain: number[] = []
    let touched = false
    for (const seq of seqsOf(change)) {
      const at = this.indexOf(seq)
      const found = this.items[at]
      if (found?.seq !== seq) continue
      if (isUncertain(found, change)) uncertain.push(seq)
      const now = changedMessage(found, change)
      this.items = now ? this.items.with(at, now) : this.items.toSpliced(at, 1)
      touched = true
    }
    if (touched) this.touch()
    return uncertain
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

  /** The chat begins later now: it was cleared, or the server says so. */
  cleared(to: number): void {
    const { bounds, state } = this
    bounds.min = Math.max(bounds.min, to + 1)
    if (!state.ready) return
    if (this.low > to) {
      state.atStart = this.low <= bounds.min
      return
    }
    this.items = this.items.filter(({ seq }) => seq > to)
    this.low = to + 1
    this.high = Math.max(this.high, to)
    state.atStart = true
    this.touch()
  }

  /** The user is in this chat no more: nothing of it is shown, or asked. */
  left(): void {
    this.drop()
    this.state.gone = true
    this.state.ready = true
  }

  /** All that was known is of another store. */
  reset(): void {
    this.drop()
    this.bounds.min = 1
    this.bounds.head = 0
    this.state.epoch += 1
  }

  private drop(): void {
    this.turn++
    this.items = []
    this.low = this.high = 0
    Object.assign(this.state, { atStart: false, atEnd: false, ready: false, error: undefined })
    this.touch()
  }

  /** There is room again: what is far from the reader goes. `top` and `bottom` are the first and the last item that
   * he sees. */
  trim(top: number, bottom: number): void {
    if (this.items.length <= HELD_MAX + SLACK) return
    if (top > this.items.length - 1 - bottom) this.cutStart(Math.max(HELD_MAX, this.items.length - Math.max(0, top - AROUND)))
    else this.cutEnd(Math.max(HELD_MAX, bottom + 1 + AROUND))
    this.touch()
  }

  private cutStart(held: number): void {
    const over = this.items.length - held
    if (over <= 0) return
    this.items = this.items.slice(over)
    this.low = this.items[0]!.seq
    this.state.atStart = false
  }

  private cutEnd(held: number): void {
    if (this.items.length <= held) return
    this.items = this.items.slice(0, held)
    this.high = this.last
    this.state.atEnd = false
  }

  private show({ messages, low, high }: Run): void {
    this.items = messages
    this.low = low
    this.high = high
    this.state.atStart = low <= this.bounds.min
    this.state.atEnd = high >= this.bounds.head
    this.state.ready = true
    this.state.gone = false
    this.touch()
  }

  /** A page of the server as a run; it goes into the cache. */
  private told(page: Page, { low, high }: { low: number; high: number }): Run {
    this.bounds.min = page.min
    this.bounds.head = Math.max(this.bounds.head, page.head)
    const run = { messages: page.msgs, low, high }
    void this.cache.putRun(this.key, run)
    return run
  }

  private async ask<T>(turn: number, call: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await call()
      if (turn !== this.turn) return undefined
      this.state.error = undefined
      return answer
    } catch (error) {
      if (turn !== this.turn) return undefined
      // A group that was left while this browser was not there.
      if (error instanceof ImError && error.code === FORBIDDEN && this.chat.chat === 11) this.left()
      else this.state.error = error
      return undefined
    }
  }

  private touch(): void {
    this.state.version += 1
  }
}

/** What the newest page covers. */
function endsOf(page: Page): { low: number; high: number } {
  return { low: page.more ? (page.msgs[0]?.seq ?? 0) : page.min, high: page.head }
}
