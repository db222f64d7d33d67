import { expect, test } from 'vitest'
import { isForever, muteUntil } from './groupActions'
import { membersAfter, type Member } from './members'

function member(email: string, role: Member['role'] = 'member'): Member {
  return { email, role, until: 0, online: 0, joinedAt: 1 }
}

const list = [member('ana@x', 'owner'), member('ben@x'), member('cleo@x')]
const frame = (op: string, users: string[], more: object = {}) => ({ cmd: 31, dstObj: '1', op, users, ...more })
const emails = (members: Member[]) => members.map(({ email }) => email)

test('who leaves or is removed is in the list no more, in whatever case he is written', () => {
  expect(emails(membersAfter(list, frame('leave', ['BEN@x']), true))).toEqual(['ana@x', 'cleo@x'])
  expect(emails(membersAfter(list, frame('kick', ['cleo@x']), false))).toEqual(['ana@x', 'ben@x'])
})

test('who comes is added once where the list is whole, and left to its page where it is not', () => {
  expect(emails(membersAfter(list, frame('join', ['dan@x', 'ben@x']), true))).toEqual(['ana@x', 'ben@x', 'cleo@x', 'dan@x'])
  expect(membersAfter(list, frame('join', ['dan@x']), false)).toBe(list)
})

test('roles and mutes change one, a transfer two', () => {
  expect(membersAfter(list, frame('role', ['ben@x'], { role: 'admin' }), true).map(({ role }) => role)).toEqual(['owner', 'admin', 'member'])
  expect(membersAfter(list, frame('mute', ['ben@x'], { until: 99 }), true).map(({ until }) => until)).toEqual([0, 99, 0])
  expect(membersAfter(list, frame('transfer', ['ben@x']), true).map(({ role }) => role)).toEqual(['admin', 'owner', 'member'])
})

test('what is not about members leaves the list as it is', () => {
  expect(membersAfter(list, frame('edit', [], { name: 'Tea' }), true)).toBe(list)
})

test("a mute without an end stays within the server's ten years, and is known as one", () => {
  const now = Date.UTC(2026, 0, 1)
  expect(muteUntil(0, now)).toBe(0)
  expect(muteUntil(10, now)).toBe(now + 600_000)
  expect(muteUntil(Infinity, now)).toBeLessThan(now + 3650 * 86_400_000)
  expect(isForever(muteUntil(Infinity, now), now)).toBe(true)
  expect(isForever(muteUntil(24 * 60, now), now)).toBe(false)
})
