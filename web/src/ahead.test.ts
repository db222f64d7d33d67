import { expect, test } from 'vitest'
import { Ahead, LIST, neededAt, pageOf } from './ahead'

const ANA = { email: 'ana@x.de', token: 't1' }
const answered = (data: unknown, code = 0) => Promise.resolve(new Response(JSON.stringify({ code, msg: '', data })))

test('a chat needs its page and the list, the list alone only itself, other screens nothing', () => {
  expect(neededAt('#/chats/10/ben%40x.de')).toEqual([LIST, pageOf(10, 'ben@x.de')])
  expect(neededAt('#/chats/11/42?panel=details')).toEqual([LIST, pageOf(11, '42')])
  for (const hash of ['', '#/', '#/chats', '#/chats/10/ben%40x.de?at=7', '#/chats/10/%', '#/chats/12/x']) expect(neededAt(hash)).toEqual([LIST])
  for (const hash of ['#/contacts', '#/settings/profile', '#/chatsome', '#/login']) expect(neededAt(hash)).toEqual([])
})

test('what was asked for is asked as its user, and had once', async () => {
  const asked: unknown[] = []
  const ahead = new Ahead((path, init) => {
    asked.push([path, init?.headers])
    return answered(['one'])
  })
  ahead.ask(ANA, LIST)
  expect(asked).toEqual([[LIST, { v: '2', ...ANA }]])
  expect(await ahead.take({ ...ANA }, LIST)).toEqual(['one'])
  expect(ahead.take(ANA, LIST)).toBeUndefined()
})

test('nobody else has it: not another user, not one with another token, and not who logs in after a log-out', () => {
  const ahead = new Ahead(() => answered([]))
  for (const other of [{ email: 'ben@x.de', token: 't2' }, { email: 'ben@x.de', token: 't1' }, { email: 'ana@x.de', token: 't2' }]) {
    ahead.ask(ANA, LIST)
    expect(ahead.take(other, LIST)).toBeUndefined()
    expect(ahead.take(ANA, LIST)).toBeUndefined()
  }
  ahead.ask(ANA, LIST)
  ahead.drop()
  expect(ahead.take(ANA, LIST)).toBeUndefined()
})

test('what is too old, or asked for otherwise, is asked for anew', () => {
  let now = 0
  const ahead = new Ahead(() => answered([]), () => now)
  ahead.ask(ANA, LIST)
  expect(ahead.take(ANA, pageOf(10, 'ben@x.de'))).toBeUndefined()
  now = 10_001
  expect(ahead.take(ANA, LIST)).toBeUndefined()
})

test('a refusal, a network that is down and an answer that is none are told to whoever wants it', async () => {
  for (const fetcher of [() => answered(undefined, 2100), () => Promise.reject(new Error('down')), () => Promise.resolve(new Response('unauthorized', { status: 401 }))]) {
    const ahead = new Ahead(fetcher)
    ahead.ask(ANA, LIST)
    await expect(ahead.take(ANA, LIST)).rejects.toThrow()
  }
})
