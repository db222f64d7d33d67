import { expect, test } from 'vitest'
import { noticeKey, parseNotice } from './notice'

const key = (said: object) => noticeKey(parseNotice(JSON.stringify(said))!)

test('garbage is no notice', () => {
  for (const text of [undefined, '', 'null', '[]', '{', '7', '"x"', '{"op":7}', '{"users":["a"]}']) expect(parseNotice(text), text).toBeUndefined()
})

test('what is no text among the users is left out', () => {
  expect(parseNotice('{"op":"join","users":["a@x.de",7,null,{}],"by":{},"name":[],"until":"x"}')).toEqual({
    op: 'join', users: ['a@x.de'], by: '', name: undefined, content: undefined, role: undefined, until: undefined,
  })
})

test('each op has a sentence of its own', () => {
  expect(key({ op: 'create', users: [], by: 'a' })).toBe('create')
  expect(key({ op: 'create', users: ['b'], by: 'a' })).toBe('createWith')
  expect(key({ op: 'join', users: ['A'], by: 'a' })).toBe('join')
  expect(key({ op: 'join', users: ['b'], by: 'a' })).toBe('invite')
  expect(key({ op: 'muteAll', until: 5 })).toBe('muteAll')
  expect(key({ op: 'muteAll', until: 0 })).toBe('muteAllOff')
  expect(key({ op: 'edit', name: 'x' })).toBe('rename')
  expect(key({ op: 'notice', content: '' })).toBe('noticeOff')
  for (const op of ['leave', 'kick', 'role', 'transfer', 'dismiss']) expect(key({ op })).toBe(op)
  expect(key({ op: '__proto__' })).toBe('other')
})
