import { describe, expect, it } from 'vitest'
import { steps } from './steps'

const rows = (text: string) => [...text].map((key) => ({ key }))
const told = (old: string, now: string, top = 0) =>
  steps(rows(old), rows(now), top)?.map(({ rows, shift }) => `${rows.map(({ key }) => key).join('')}${shift ? ' shift' : ''}`)

describe('steps', () => {
  it('shifts for what is put before', () => expect(told('cde', 'abcde')).toEqual(['abcde shift']))
  it('does not shift for what is put behind', () => expect(told('abc', 'abcde')).toEqual(['abcde']))
  it('puts before and cuts behind one after the other', () => expect(told('cdef', 'abcd')).toEqual(['abcdef shift', 'abcd']))
  it('cuts before and puts behind one after the other', () => expect(told('abcd', 'cdef')).toEqual(['cd shift', 'cdef']))
  it('takes a row out below the top of the screen without a shift', () => expect(told('abcde', 'abce', 1)).toEqual(['abce']))
  it('takes a row out above the screen with one', () => expect(told('abcde', 'acde', 3)).toEqual(['acde shift']))
  it('takes the first row away with a shift', () => expect(told('abc', 'bc')).toEqual(['bc shift']))
  it('shows the same rows anew in one step', () => expect(told('abc', 'abc')).toEqual(['abc']))
  it('begins anew where nothing is left', () => expect(told('abc', 'xyz')).toBeUndefined())
  it('begins anew from nothing, and to nothing', () => {
    expect(told('', 'abc')).toBeUndefined()
    expect(told('abc', '')).toBeUndefined()
  })

  it('always ends with the new rows, and changes the length at one end only', () => {
    const seed = Date.now() % 100_000
    let state = seed
    const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    const alphabet = 'abcdefghijklmnopqrstuvwxyz'
    for (let round = 0; round < 500; round++) {
      const pick = () => {
        const from = random(20)
        return [...alphabet.slice(from, from + 1 + random(6))].filter(() => random(8) > 0).join('')
      }
      const [old, now] = [pick(), pick()]
      const found = told(old, now)
      if (found) expect(found.at(-1)!.split(' ')[0], `seed ${seed}, round ${round}: ${old} to ${now}`).toBe(now)
      else expect([...old].some((key) => now.includes(key)), `seed ${seed}, round ${round}: ${old} to ${now}`).toBe(false)
    }
  })
})
