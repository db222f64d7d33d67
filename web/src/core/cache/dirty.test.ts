import { expect, test } from 'vitest'
import type { Person } from '@/core/people'
import type { Cache } from './db'
import { Dirty } from './dirty'

interface Begun {
  values: { email: string; uname: string }[]
  end: () => void
  fail: () => void
}

function made() {
  const begun: Begun[] = []
  const cache = {
    transaction() {
      const values: Begun['values'] = []
      const done = new Promise<void>((end, fail) => begun.push({ values, end, fail: () => fail(new Error('no room')) }))
      done.catch(() => undefined)
      return { done, store: { put: (value: Begun['values'][0]) => void values.push(value) } }
    },
  } as unknown as Cache
  const all = new Map<string, { email: string; uname: string }>()
  const dirty = new Dirty('people', (key) => all.get(key) as Person | undefined)
  const put = (email: string, uname = email) => {
    all.set(email, { email, uname })
    dirty.add(email)
  }
  return { begun, cache, all, dirty, put }
}

const turns = () => new Promise((later) => setTimeout(later))

test('five hundred friends that come at once are one transaction', async () => {
  const { begun, cache, dirty, put } = made()
  dirty.open(cache)
  for (let n = 0; n < 500; n++) put(`f${n}@x.de`)
  await turns()
  expect(begun.map(({ values }) => values.length)).toEqual([500])
})

test('what changes while one is under way goes with the next, once, as it then is', async () => {
  const { begun, cache, dirty, put } = made()
  dirty.open(cache)
  put('a')
  await turns()
  for (let n = 0; n < 50; n++) put('b', `name ${n}`)
  put('c')
  await turns()
  expect(begun.map(({ values }) => values.length)).toEqual([1])
  begun[0]!.end()
  await turns()
  expect(begun[1]!.values).toEqual([{ email: 'b', uname: 'name 49' }, { email: 'c', uname: 'c' }])
})

test('what came before the cache was open is kept when it is, and nothing of it in the cache of who comes next', async () => {
  const { begun, cache, dirty, put } = made()
  put('a')
  await turns()
  expect(begun).toEqual([])
  dirty.open(cache)
  await turns()
  expect(begun.map(({ values }) => values.map(({ email }) => email))).toEqual([['a']])
  begun[0]!.end()
  put('b')
  dirty.close()
  dirty.open(made().cache)
  await turns()
  expect(begun).toHaveLength(1)
})

test('what is gone by then is not written', async () => {
  const { begun, cache, all, dirty, put } = made()
  dirty.open(cache)
  put('a')
  all.delete('a')
  put('b')
  await turns()
  expect(begun.map(({ values }) => values.map(({ email }) => email))).toEqual([['b']])
})
