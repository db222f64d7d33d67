import type { Message } from '@im-service/client'
import { describe, expect, it } from 'vitest'
import type { Cache } from './db'
import { MessageCache } from './messages'

/** What of an IndexedDB writing needs: transactions that end when they are told to. */
class SlowCache {
  readonly begun: { seqs: number[]; end: () => void; fail: () => void }[] = []

  transaction() {
    const seqs: number[] = []
    const done = new Promise<void>((end, fail) => this.begun.push({ seqs, end, fail: () => fail(new Error('no room')) }))
    return { done, objectStore: () => ({ put: ({ seq }: { seq: number }) => void seqs.push(seq) }) }
  }
}

const message = (seq: number): Message => ({ id: seq, userEmail: 'a@b.im', cmd: 10, dstObj: 'c@b.im', seq, msgType: 1, content: '', createAt: 0 })
const turns = () => new Promise((later) => setTimeout(later))

function slow(): { begun: SlowCache['begun']; cache: MessageCache } {
  const store = new SlowCache()
  return { begun: store.begun, cache: new MessageCache(store as unknown as Cache) }
}

describe('messages that come faster than they are written', () => {
  it('wait for the transaction under way, and go with the next one together', async () => {
    const { begun, cache } = slow()
    void cache.put('10:c', [message(1)])
    await turns()
    for (let seq = 2; seq <= 500; seq++) {
      void cache.put('10:c', [message(seq)])
      if (seq % 50 === 0) await turns()
    }
    expect(begun.map(({ seqs }) => seqs.length)).toEqual([1])
    begun[0]!.end()
    await turns()
    expect(begun.map(({ seqs }) => seqs.length)).toEqual([1, 499])
  })

  it('are in a transaction at once when something is to come after them', async () => {
    const { begun, cache } = slow()
    void cache.put('10:c', [message(1)])
    await turns()
    void cache.put('10:c', [message(2)])
    void cache.flush()
    expect(begun.map(({ seqs }) => seqs)).toEqual([[1], [2]])
  })

  it('are written although the transaction before them failed', async () => {
    const { begun, cache } = slow()
    const first = cache.put('10:c', [message(1)])
    await turns()
    const second = cache.put('10:c', [message(2)])
    begun[0]!.fail()
    await expect(first).rejects.toThrow('no room')
    await turns()
    begun[1]!.end()
    await second
    expect(begun.map(({ seqs }) => seqs)).toEqual([[1], [2]])
  })
})
