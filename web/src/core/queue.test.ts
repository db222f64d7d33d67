import { expect, test } from 'vitest'
import { coalesced, TaskQueue } from './queue'

const settled = () => new Promise((done) => setTimeout(done))

test('nothing runs before the queue is opened, and then a few at a time', async () => {
  const queue = new TaskQueue(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  for (let i = 0; i < 5; i++)
    queue.push(() => {
      begun.push(i)
      return new Promise<void>((end) => ends.push(end))
    })
  await settled()
  expect(begun).toEqual([])
  queue.open()
  expect(begun).toEqual([0, 1])
  ends[0]!()
  await settled()
  expect(begun).toEqual([0, 1, 2])
})

test('a task that fails does not stop the others', async () => {
  const queue = new TaskQueue(1)
  let ran = false
  queue.push(() => Promise.reject(new Error('no')))
  queue.push(async () => void (ran = true))
  queue.open()
  await settled()
  expect(ran).toBe(true)
})

test('a closed queue forgets what waits', async () => {
  const queue = new TaskQueue(1)
  let ran = false
  queue.push(async () => void (ran = true))
  queue.close()
  queue.open()
  await settled()
  expect(ran).toBe(false)
})

test('many askers are served by one run after the one under way', async () => {
  let runs = 0
  const ends: (() => void)[] = []
  const load = coalesced(() => {
    runs += 1
    return new Promise<void>((end) => ends.push(end))
  })
  const all = [load(), load(), load(), load()]
  expect(runs).toBe(1)
  ends[0]!()
  await settled()
  expect(runs).toBe(2)
  ends[1]!()
  await Promise.all(all)
  expect(runs).toBe(2)
})

test('a run that fails is told to its askers, and the next one runs', async () => {
  let runs = 0
  const load = coalesced(async () => {
    runs += 1
    if (runs === 1) throw new Error('no')
  })
  const [first, second] = [load(), load()]
  await expect(first).rejects.toThrow('no')
  await second
  expect(runs).toBe(2)
})
