import { expect, test } from 'vitest'
import type { Person } from '@/core/people'
import { filterPeople, matches, tagsOf } from './filter'

function friend(email: string, more: Partial<Person> = {}): Person {
  return { email, uname: '', avatar: '', friend: true, remark: '', tags: [], blocked: false, online: false, seenAt: 0, ...more }
}

const people = [friend('a@x', { uname: 'Ana', tags: ['work', 'tea'] }), friend('b@x', { uname: '李明', remark: 'Ming from work', tags: ['tea'] })]

test('a filter finds by name, remark, address and tag, in any case', () => {
  const found = (query: string) => filterPeople(people, query, '').map(({ email }) => email)
  expect(found('ANA')).toEqual(['a@x'])
  expect(found('李')).toEqual(['b@x'])
  expect(found('ming')).toEqual(['b@x'])
  expect(found('work')).toEqual(['a@x', 'b@x'])
  expect(found('  ')).toEqual(['a@x', 'b@x'])
  expect(found('nobody')).toEqual([])
})

test('a tag narrows, and the words narrow further', () => {
  expect(filterPeople(people, '', 'work').map(({ email }) => email)).toEqual(['a@x'])
  expect(filterPeople(people, 'ming', 'tea').map(({ email }) => email)).toEqual(['b@x'])
  expect(filterPeople(people, 'ming', 'work')).toEqual([])
})

test('each word has to be there, in any order', () => {
  expect(matches('work ming', 'Ming from work')).toBe(true)
  expect(matches('work ana', 'Ming from work')).toBe(false)
})

test('tags come with the most used first', () => {
  expect(tagsOf(people)).toEqual(['tea', 'work'])
})
