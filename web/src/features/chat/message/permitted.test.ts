import type { Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { permitted, type Situation } from './permitted'

const NOW = 1_800_000_000_000
const said = (more: Partial<Message> = {}): Message => ({ id: 1, userEmail: 'a@x.de', cmd: 10, dstObj: 'b@x.de', seq: 1, msgType: 1, content: 'hi', createAt: NOW - 1000, ...more })
const at = (more: Partial<Situation> = {}): Situation => ({ mine: false, role: undefined, group: false, recalledText: undefined, now: NOW, recallMs: 2 * 60_000, editMs: 24 * 3_600_000, ...more })

test("another's message in a chat of two: everything but changing and taking it back", () => {
  expect(permitted(said(), at())).toEqual(['reply', 'react', 'copy', 'forward', 'pin', 'select', 'deleteSelf'])
})

test('what I said can be recalled for two minutes and edited for a day', () => {
  expect(permitted(said(), at({ mine: true }))).toEqual(expect.arrayContaining(['edit', 'recall', 'deleteAll']))
  const old = permitted(said({ createAt: NOW - 2 * 60_000 }), at({ mine: true }))
  expect(old).toContain('edit')
  expect(old).not.toContain('recall')
  expect(permitted(said({ createAt: NOW - 24 * 3_600_000 }), at({ mine: true }))).not.toContain('edit')
})

test('the server says for how long, and that may be never', () => {
  const never = permitted(said({ createAt: NOW }), at({ mine: true, recallMs: 0, editMs: 0 }))
  for (const name of ['edit', 'recall', 'deleteAll'] as const) expect(never).not.toContain(name)
  expect(permitted(said({ createAt: NOW - 3_600_000 }), at({ mine: true, recallMs: 3_600_001 }))).toContain('recall')
  expect(permitted(said(), at({ group: true, role: 'admin', recallMs: 0 }))).toContain('recall')
})

test('only text is copied and edited, only files are downloaded', () => {
  const picture = permitted(said({ msgType: 2 }), at({ mine: true }))
  expect(picture).not.toContain('copy')
  expect(picture).not.toContain('edit')
  expect(picture).toContain('download')
})

test('pictures and stickers may become stickers of my own', () => {
  for (const msgType of [2, 14]) expect(permitted(said({ msgType }), at())).toContain('keepSticker')
  for (const msgType of [1, 3, 8, 9]) expect(permitted(said({ msgType }), at())).not.toContain('keepSticker')
})

test('owner and admins of a group pin, and take back what others said at any time', () => {
  const old = said({ createAt: NOW - 1e10 })
  for (const role of ['owner', 'admin'] as const) expect(permitted(old, at({ group: true, role }))).toEqual(expect.arrayContaining(['pin', 'recall', 'deleteAll']))
  const member = permitted(old, at({ group: true, role: 'member' }))
  for (const name of ['pin', 'recall', 'deleteAll', 'readers', 'edit'] as const) expect(member).not.toContain(name)
  expect(permitted(said(), at({ group: true, role: 'member', mine: true }))).toContain('readers')
})

test('who left the group says and changes nothing there', () => {
  expect(permitted(said(), at({ group: true, mine: true }))).toEqual(['copy', 'forward', 'select', 'deleteSelf'])
})

test('what is gone can be taken from the screen, and written anew while its text is known', () => {
  const gone = said({ recalled: true })
  expect(permitted(gone, at({ mine: true }))).toEqual(['deleteSelf'])
  expect(permitted(gone, at({ mine: true, recalledText: 'hi' }))).toEqual(['editAgain', 'deleteSelf'])
  expect(permitted(gone, at({ recalledText: 'hi' }))).toEqual(['deleteSelf'])
  expect(permitted(said({ msgType: 13 }), at({ group: true, role: 'owner' }))).toEqual(['deleteSelf'])
})

test('what is not stored yet can be copied', () => {
  expect(permitted(said({ seq: 0 }), at({ mine: true }))).toEqual(['copy'])
  expect(permitted(said({ seq: 0, msgType: 2 }), at({ mine: true }))).toEqual([])
})

test('a pinned message offers to be unpinned', () => {
  expect(permitted(said({ pinned: true }), at())).toContain('unpin')
})
