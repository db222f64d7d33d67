import { expect, test } from 'vitest'
import { nextInGrid } from './roving'

test('arrows move by one and by a line, and stop at the edges', () => {
  expect(nextInGrid('ArrowRight', 0, 10, 4)).toBe(1)
  expect(nextInGrid('ArrowLeft', 0, 10, 4)).toBe(0)
  expect(nextInGrid('ArrowDown', 5, 10, 4)).toBe(9)
  expect(nextInGrid('ArrowDown', 7, 10, 4)).toBe(7)
  expect(nextInGrid('ArrowUp', 5, 10, 4)).toBe(1)
  expect(nextInGrid('End', 5, 10, 4)).toBe(9)
  expect(nextInGrid('a', 5, 10, 4)).toBeUndefined()
})
