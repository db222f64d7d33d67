import { expect, test } from 'vitest'
import { columnsIn, inRows, rowHeight } from './grid'

test('there are as many columns as have room, and one at least', () => {
  expect([0, 20, 84, 171, 172, 288, 736].map(columnsIn)).toEqual([3, 1, 1, 1, 2, 3, 8])
})

test('a row is as high as its cells are wide, and the gap', () => {
  expect(rowHeight(288)).toBeCloseTo((288 - 8) / 3 + 4)
  expect(rowHeight(84)).toBe(88)
  expect(rowHeight(0)).toBe(88)
})

test('rows have all items in order, the last one what is left', () => {
  expect(inRows([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
  expect(inRows([1, 2], 2)).toEqual([[1, 2]])
  expect(inRows([], 3)).toEqual([])
})
