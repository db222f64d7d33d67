import { expect, test } from 'vitest'
import { inSentence, withoutTurns } from './bidi'

test('marks that turn the direction go, everything else stays', () => {
  expect(withoutTurns('a\u202eb\u2066c\u2069\u200f')).toBe('abc')
  expect(withoutTurns('👨‍👩‍👧 é 中 ا')).toBe('👨‍👩‍👧 é 中 ا')
})

test('a name that reads from right to left stands apart in a sentence', () => {
  expect(inSentence('Ana')).toBe('Ana')
  expect(inSentence('مريم')).toBe('\u2068مريم\u2069')
  expect(inSentence('\u2069Ana\u202e')).toBe('Ana')
})
