import type { Change, Message, Reaction } from '@im-service/client'
import { expect, test } from 'vitest'
import { changedMessage, isUncertain, withMine } from './chat'

const people = (count: number) => Array.from({ length: count }, (_, n) => `p${n}@x.de`)
const said = (...reacts: Reaction[]): Message => ({ id: 1, userEmail: 'a@x.de', cmd: 11, dstObj: '7', seq: 1, msgType: 1, content: 'tea?', createAt: 1, ...(reacts.length > 0 ? { reacts } : {}) })
const react = (userEmail: string, on: boolean, content = '👍'): Change => ({ cmd: 27, seq: 1, userEmail, on, content })
const many: Reaction = { content: '👍', count: 130, users: people(100) }

test('a reaction is uncertain where more are counted than named, of whom is not named', () => {
  expect(isUncertain(said(many), react('new@x.de', true))).toBe(true)
  expect(isUncertain(said(many), react('new@x.de', false))).toBe(true)
  expect(isUncertain(said(many), react('p3@x.de', true))).toBe(false)
  expect(isUncertain(said(many), react('new@x.de', true, '🍵'))).toBe(false)
  expect(isUncertain(said({ ...many, count: 100 }), react('new@x.de', true))).toBe(false)
  expect(isUncertain(said(), react('new@x.de', true))).toBe(false)
  expect(isUncertain({ ...said(many), recalled: true }, react('new@x.de', true))).toBe(false)
  expect(isUncertain(said(many), { cmd: 28, seq: 1, on: true })).toBe(false)
})

test('a reaction of who is named is counted once, however often it is told', () => {
  const once = changedMessage(said({ content: '👍', count: 2, users: people(2) }), react('p9@x.de', true))!
  expect(once.reacts![0]!.count).toBe(3)
  expect(changedMessage(once, react('p9@x.de', true))!.reacts).toEqual(once.reacts)
  const off = changedMessage(once, react('p9@x.de', false))!
  expect(off.reacts![0]!.count).toBe(2)
  expect(changedMessage(off, react('p9@x.de', false))!.reacts).toEqual(off.reacts)
})

test('one of the many who are not named takes a reaction back', () => {
  const now = changedMessage(said(many), react('new@x.de', false))!
  expect(now.reacts).toEqual([{ ...many, count: 129 }])
})

test('I am still named among many after the message was read anew, and nowhere else', () => {
  const me = 'me@x.de'
  const known = said({ ...many, count: 131, users: [...many.users, me] }, { content: '🍵', count: 1, users: ['p1@x.de'] })
  expect(withMine(said(many), known, me).reacts![0]).toEqual({ content: '👍', count: 130, users: [...many.users, me] })
  const all = said({ content: '👍', count: 2, users: people(2) })
  expect(withMine(all, known, me)).toEqual(all)
  expect(withMine(said(many), said(many), me)).toEqual(said(many))
  expect(withMine(said(), known, me)).toEqual(said())
  expect(withMine(said(many), undefined, me)).toEqual(said(many))
})
