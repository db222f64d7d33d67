import { ImError, type Message, type Page } from '@im-service/client'
import { describe, expect, it } from 'vitest'
import { Late, LateMessages } from './cache/late'
import type { MessageCache, Run } from './cache/messages'
import { Timeline, type Source } from './timeline'

const CHAT = { chat: 10, dstObj: 'b@x.de' } as const
const message = (seq: number): Message => ({ id: seq, userEmail: 'b@x.de', cmd: 10, dstObj: 'a@x.de', seq, msgType: 1, content: `${seq}`, createAt: seq })
const messages = (low: number, high: number): Message[] => Array.from({ length: high - low + 1 }, (_, at) => message(low + at))
const turns = () => new Promise((later) => setTimeout(later))

/** A server that has messages up to `head`, and a browser whose cache is not open yet. */
function made(head: number, fails = false) {
  const asked: object[] = []
  const history: Source['history'] = async (chat, where) => {
    asked.push(where)
    if (fails) throw new ImError(0, 'unreachable')
    const { limit = 60, from, before } = where
    const low = from ?? Math.max(1, (before ?? head + 1) - limit)
    const high = from === undefined ? (before ?? head + 1) - 1 : Math.min(head, from + limit - 1)
    return { ...chat, msgs: messages(low, high), more: from === undefined ? low > 1 : high < head, head, min: 1 } satisfies Page
  }
  const mended = () => void (fails = false)
  const late = new Late<MessageCache>()
  const kept: Run[] = []
  const open = (runs: Run[] = []) =>
    late.come({
      run: async (_: string, seq: number) => runs.find(({ low, high }) => low <= seq && seq <= high),
      latest: async () => Math.max(0, ...runs.map(({ high }) => high)),
      putRun: async (_: string, run: Run) => void kept.push(run),
    } as unknown as MessageCache)
  return { timeline: new Timeline(CHAT, { history }, new LateMessages(late), { head, min: 1 }), asked, kept, open, mended }
}

const seqs = (timeline: Timeline) => timeline.items.map(({ seq }) => seq)

describe('a history whose cache is not open yet', () => {
  it('shows the newest page of the server, and keeps it once the cache is open', async () => {
    const { timeline, kept, open } = made(100)
    await timeline.toEnd()
    expect(seqs(timeline)).toEqual(messages(41, 100).map(({ seq }) => seq))
    expect(timeline.state).toMatchObject({ ready: true, atEnd: true, atStart: false })
    expect(kept).toEqual([])
    open()
    await turns()
    expect(kept.map(({ low, high }) => [low, high])).toEqual([[41, 100]])
  })

  it('shows what comes meanwhile once, whether it is on the page already or not', async () => {
    const { timeline } = made(100)
    await timeline.toEnd()
    timeline.arrived(messages(95, 102))
    timeline.arrived([message(103)])
    timeline.arrived(messages(102, 103))
    expect(seqs(timeline)).toEqual(messages(41, 103).map(({ seq }) => seq))
    expect(timeline.state.atEnd).toBe(true)
  })

  it('is asked for again when something comes after it could not be read', async () => {
    const { timeline, open, mended } = made(100, true)
    open()
    await timeline.toEnd()
    expect(timeline.state).toMatchObject({ ready: false, error: { code: 0 } })
    mended()
    timeline.arrived([message(100)])
    await turns()
    expect(timeline.state).toMatchObject({ ready: true, error: undefined })
    expect(timeline.last).toBe(100)
  })

  it('shows what happened to a message between its page and the connection', async () => {
    const { timeline } = made(100)
    await timeline.toEnd()
    const unsigned = timeline.find(97)
    timeline.arrived([{ ...message(95), recalled: true }, { ...message(96), content: 'edited', edited: true }, { ...message(97), content: 'signed anew' }, { ...message(98), reacts: [{ content: '👍', count: 1, users: ['a@x.de'] }] }])
    expect(timeline.find(95)?.recalled).toBe(true)
    expect(timeline.find(96)?.content).toBe('edited')
    expect(timeline.find(97)).toBe(unsigned)
    expect(timeline.find(98)?.reacts?.[0]?.count).toBe(1)
    expect(seqs(timeline)).toEqual(messages(41, 100).map(({ seq }) => seq))
  })

  it('reads the end anew where more came than it was told of', async () => {
    const { timeline } = made(100)
    await timeline.toEnd()
    timeline.arrived([message(150)])
    expect(timeline.state.atEnd).toBe(false)
    expect(seqs(timeline).at(-1)).toBe(100)
  })

  it('waits for the cache where the server cannot be asked', async () => {
    const { timeline, open } = made(100, true)
    const shown = timeline.toEnd()
    await turns()
    expect(timeline.state.ready).toBe(false)
    open([{ messages: messages(71, 90), low: 71, high: 90 }])
    await shown
    expect(seqs(timeline)).toEqual(messages(71, 90).map(({ seq }) => seq))
    expect(timeline.state.atEnd).toBe(false)
  })

  it('finds the first unread message on the newest page, asked for once', async () => {
    const { timeline, asked } = made(100)
    expect(await timeline.around(60)).toBe(true)
    expect(asked).toEqual([{ limit: 60 }])
    expect(timeline.state).toMatchObject({ ready: true, atEnd: true })
    expect(timeline.covers(60)).toBe(true)
  })

  it('asks on both sides of a place that the newest page does not reach', async () => {
    const { timeline, asked } = made(100)
    expect(await timeline.around(45)).toBe(true)
    expect(asked).toEqual([{ before: 45, limit: 30 }, { from: 45, limit: 30 }])
    expect(seqs(timeline)).toEqual(messages(15, 74).map(({ seq }) => seq))
    expect(timeline.state.atEnd).toBe(false)
  })

  it('goes to a place that only the cache has', async () => {
    const { timeline, open } = made(100, true)
    const there = timeline.around(80)
    open([{ messages: messages(71, 90), low: 71, high: 90 }])
    expect(await there).toBe(true)
    expect(timeline.covers(80)).toBe(true)
  })
})
