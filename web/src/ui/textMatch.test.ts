import { describe, expect, it } from 'vitest'
import { highlight, matches } from './textMatch'

const told = (text: string, query: string, max?: number) => highlight(text, query, max).map(({ text, hit }) => (hit ? `[${text}]` : text)).join('')

describe('highlight', () => {
  it('tells every hit of every word', () => expect(told('Green tea, black tea', 'TEA green')).toBe('[Green] [tea], black [tea]'))
  it('finds Chinese inside of text', () => expect(told('明天下午去喝茶吧', '喝茶')).toBe('明天下午去[喝茶]吧'))
  it('takes wide letters for narrow ones', () => expect(told('ＴＥＡ time', 'tea')).toBe('[ＴＥＡ] time'))
  it('marks the letter that a part of it was found in', () => expect(told('ﬁne', 'i')).toBe('[ﬁ]ne'))
  it('shows the part around the first hit of a long text', () => {
    const text = `${'a '.repeat(100)}needle${' b'.repeat(200)}`
    const shown = told(text, 'needle', 60)
    expect(shown).toMatch(/^….*\[needle\].*…$/)
    expect(shown.length).toBeLessThan(70)
  })
  it('leaves text without a hit, and nothing to search for', () => {
    expect(told('nothing here', 'x')).toBe('nothing here')
    expect(told('nothing here', '  ')).toBe('nothing here')
    expect(told('', 'x')).toBe('')
  })
  it('keeps what looks like markup as text', () => expect(highlight('<b>tea</b>', 'tea')).toEqual([{ text: '<b>', hit: false }, { text: 'tea', hit: true }, { text: '</b>', hit: false }]))
  it('is done with a very long word soon', () => expect(highlight('a'.repeat(65_536), 'a').length).toBeLessThan(4))
})

describe('matches', () => {
  it('wants every word, in any order', () => {
    expect(matches('Ana Maria Lopez', 'lopez ana')).toBe(true)
    expect(matches('Ana Maria', 'ana ben')).toBe(false)
  })
})
