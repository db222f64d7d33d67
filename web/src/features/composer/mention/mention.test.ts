import { expect, test } from 'vitest'
import { matching, mentionAt, stillNamed } from './mention'

test('an @ at the beginning, after a blank, or after Chinese begins a mention', () => {
  expect(mentionAt('@', 1)).toEqual({ start: 0, query: '' })
  expect(mentionAt('hi @be', 6)).toEqual({ start: 3, query: 'be' })
  expect(mentionAt('你好@小', 4)).toEqual({ start: 2, query: '小' })
  expect(mentionAt('a\n@x', 4)).toEqual({ start: 2, query: 'x' })
})

test('an address is no mention, nor is what stands behind a blank or the caret', () => {
  expect(mentionAt('ben@exam', 8)).toBeUndefined()
  expect(mentionAt('@ben and', 8)).toBeUndefined()
  expect(mentionAt('go @ben', 2)).toBeUndefined()
  expect(mentionAt(`@${'x'.repeat(41)}`, 42)).toBeUndefined()
  expect(mentionAt('', 0)).toBeUndefined()
})

test('names that begin with the query come before those that only have it', () => {
  const people = [
    { name: 'Urban', email: 'u@x' },
    { name: 'Ann', email: 'ban@x' },
    { name: 'Ban', email: 'c@x' },
    { name: '班小明', email: 'd@x' },
  ]
  expect(matching(people, 'BAN').map(({ name }) => name)).toEqual(['Ban', 'Ann', 'Urban'])
  expect(matching(people, '小').map(({ name }) => name)).toEqual(['班小明'])
  expect(matching(people, '')).toHaveLength(4)
})

test('who was deleted from the text is named no more, who stands twice once', () => {
  const named = [{ name: 'Ben', email: 'b@x' }, { name: 'Cy', email: 'c@x' }, { name: 'Ben', email: 'b@x' }]
  expect(stillNamed('@Ben @Ben come', named)).toEqual([{ name: 'Ben', email: 'b@x' }])
  expect(stillNamed('nobody', named)).toEqual([])
})
