import type { Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { MergedPages, type PageReader } from './mergedPages'

const said = (seq: number): Message => ({ id: seq, userEmail: 'a@x.de', cmd: 10, dstObj: 'b@x.de', seq, msgType: 1, content: `n${seq}`, createAt: 1 })
const down = (from: number, to: number, step = 1) => Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, at) => from - at * step)

/** A list that is read by pages of `size`; its cursor is how far it was read. Counts its calls. */
function list(seqs: number[], size: number): PageReader & { calls: number } {
  const read = (cursor: string | undefined) => {
    reader.calls += 1
    const from = Number(cursor ?? 0)
    const end = from + size
    return Promise.resolve({ msgs: seqs.slice(from, end).map(said), ...(end < seqs.length ? { cursor: String(end) } : {}) })
  }
  const reader = Object.assign(read, { calls: 0 })
  return reader
}

async function all(pages: MergedPages): Promise<number[]> {
  const seqs: number[] = []
  for (let turns = 0; pages.more && turns < 10_000; turns++) seqs.push(...(await pages.next()).map(({ seq }) => seq))
  return seqs
}

test('lists of different density come as one, in order, none skipped and none twice', async () => {
  const dense = down(1000, 1)
  const sparse = down(999, 3, 100)
  expect(await all(new MergedPages(list(dense, 30), list(sparse, 30)))).toEqual(dense)
  const [even, odd] = [down(200, 2, 2), down(51, 1, 2)]
  expect(await all(new MergedPages(list(even, 7), list(odd, 3)))).toEqual([...even, ...odd].sort((a, b) => b - a))
  const [newer, older] = [down(90, 61), down(40, 1)]
  expect(await all(new MergedPages(list(older, 30), list(newer, 30)))).toEqual([...newer, ...older])
})

test('any two lists come as their union', async () => {
  const seed = Date.now() % 100_000
  let state = seed
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  for (let turn = 0; turn < 200; turn++) {
    const [one, other] = [random(), random()]
    const a = down(120, 1).filter(() => random() < one)
    const b = down(120, 1).filter(() => random() < other)
    const union = [...new Set([...a, ...b])].sort((x, y) => y - x)
    expect(await all(new MergedPages(list(a, 1 + Math.floor(random() * 9)), list(b, 1 + Math.floor(random() * 9)))), `seed ${seed}`).toEqual(union)
  }
})

test('a list is read on only when the other may not go on without it', async () => {
  const [dense, sparse] = [list(down(90, 1), 30), list([80, 2], 30)]
  const pages = new MergedPages(dense, sparse)
  expect((await pages.next()).length).toBe(30)
  expect([dense.calls, sparse.calls]).toEqual([1, 1])
  expect((await pages.next()).length).toBe(30)
  expect([dense.calls, sparse.calls]).toEqual([2, 1])
})

test('a page may be empty before the end: nothing older overtakes what is to come', async () => {
  const answers = [{ msgs: [], cursor: '1' }, { msgs: [said(5)], cursor: '2' }, { msgs: [] }]
  const slow: PageReader = () => Promise.resolve(answers.shift()!)
  const pages = new MergedPages(slow, list([9, 4, 1], 30))
  expect(await pages.next()).toEqual([])
  expect((await pages.next()).map(({ seq }) => seq)).toEqual([9, 5])
  expect(pages.more).toBe(true)
  expect((await pages.next()).map(({ seq }) => seq)).toEqual([4, 1])
  expect(pages.more).toBe(false)
})

test('after a failure it goes on where it was, and asks nobody twice', async () => {
  const good = list([9, 7], 30)
  const other = list([8], 30)
  let down = true
  const pages = new MergedPages(good, (cursor) => (down ? Promise.reject(new Error('down')) : other(cursor)))
  await expect(pages.next()).rejects.toThrow('down')
  down = false
  expect((await pages.next()).map(({ seq }) => seq)).toEqual([9, 8, 7])
  expect(good.calls).toBe(1)
  expect(pages.more).toBe(false)
})

test('what is held back changes with what happens meanwhile', async () => {
  const pages = new MergedPages(list([9, 8, 3, 2], 30), list([7, 6], 1))
  expect((await pages.next()).map(({ seq }) => seq)).toEqual([9, 8, 7])
  pages.update((messages) => messages.filter(({ seq }) => seq !== 3))
  expect(await all(pages)).toEqual([6, 2])
})
