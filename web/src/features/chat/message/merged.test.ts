import type { Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { forwardedFrom, mergedItems } from './merged'

test('garbage has no items', () => {
  for (const fwd of [undefined, null, 7, 'x', [], {}, { items: 7 }, { items: [null, 7, [], {}, { userEmail: 7, msgType: 1 }, { userEmail: 'a', msgType: '1' }] }])
    expect(mergedItems(fwd)).toEqual([])
})

test('an item keeps what makes sense', () => {
  expect(mergedItems({ items: [{ userEmail: 'a@x.de', msgType: 2, content: {}, createAt: 'x', ext: [], fwd: 'x' }] })).toEqual([
    { userEmail: 'a@x.de', msgType: 2, content: '', createAt: 0, ext: undefined, fwd: undefined },
  ])
})

test('there are never more than a hundred', () => {
  expect(mergedItems({ items: Array.from({ length: 5000 }, () => ({ userEmail: 'a', msgType: 1, content: 'x', createAt: 1 })) })).toHaveLength(100)
})

test('a single forward says whose it was', () => {
  const message = (fwd: unknown) => ({ fwd }) as Message
  expect(forwardedFrom(message({ userEmail: 'a@x.de', createAt: 1 }))).toBe('a@x.de')
  for (const fwd of [undefined, null, {}, { userEmail: {} }, { items: [] }, 'x']) expect(forwardedFrom(message(fwd))).toBeUndefined()
})
