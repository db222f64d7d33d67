import type { Message } from '@im-service/client'

export interface MessagePage {
  msgs: Message[]
  cursor?: string
}

/** Reads a page of messages of one chat, newest first, from a cursor on. */
export type PageReader = (cursor: string | undefined) => Promise<MessagePage>

interface Stream {
  read: PageReader
  cursor: string | undefined
  /** It has no further page. */
  ended: boolean
  /** What was read of it and not yet given out, newest first. */
  held: Message[]
}

/** Several lists of messages of one chat, each newest first and page by page, as one: in order, and each message once.
 * What one list has is held back until it is known that no other has anything newer. */
export class MergedPages {
  private readonly streams: Stream[]

  constructor(...readers: PageReader[]) {
    this.streams = readers.map((read) => ({ read, cursor: undefined, ended: false, held: [] }))
  }

  get more(): boolean {
    return this.streams.some(({ ended, held }) => !ended || held.length > 0)
  }

  /** What comes next; it may be nothing before the end. Throws what a reader throws: then it can be asked again, and
   * nothing is lost of what the others said. One call at a time. */
  async next(): Promise<Message[]> {
    const outcomes = await Promise.allSettled(this.streams.filter(isDry).map(fill))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    const messages: Message[] = []
    while (!this.streams.some(isDry)) {
      const heads = this.streams.flatMap(({ held }) => held.slice(0, 1))
      if (heads.length === 0) break
      const newest = heads.reduce((one, other) => (other.seq > one.seq ? other : one))
      messages.push(newest)
      for (const { held } of this.streams) if (held[0]?.seq === newest.seq) held.shift()
    }
    return messages
  }

  /** Something happened to messages: what is held back is to be as it is now. */
  update(now: (messages: Message[]) => Message[]): void {
    for (const stream of this.streams) stream.held = [...now(stream.held)]
  }
}

/** It has to be read on before anything older than what it gave last may be given out. */
function isDry({ held, ended }: Stream): boolean {
  return held.length === 0 && !ended
}

async function fill(stream: Stream): Promise<void> {
  const { msgs, cursor } = await stream.read(stream.cursor)
  stream.held = [...msgs]
  stream.cursor = cursor
  stream.ended = cursor === undefined
}
