import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test } from 'vitest'
import { useReads } from './reads'

const CHAT = { chat: 11, dstObj: '7' } as const

beforeEach(() => setActivePinia(createPinia()))

test('a mark that moves makes counts of other messages of the chat unknown', () => {
  const reads = useReads()
  reads.told({ chat: 11, dstObj: '70' }, 1, 5)
  reads.told(CHAT, 3, 1)
  expect(reads.count(CHAT, 3)).toBe(1)
  reads.told(CHAT, 4, 2)
  expect(reads.count(CHAT, 3)).toBeUndefined()
  expect(reads.count(CHAT, 4)).toBe(2)
  expect(reads.count({ chat: 11, dstObj: '70' }, 1)).toBe(5)
})
