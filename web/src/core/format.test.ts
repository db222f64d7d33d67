import { describe, expect, it, vi } from 'vitest'
import { characters, clock, dayName, fullTime, shortTime } from './format'

const NOON = new Date(2024, 4, 17, 12, 5, 9).getTime()

describe('times', () => {
  it('are written in the language that is asked for, one after another', () => {
    expect(clock(NOON, 'en')).toBe('12:05 PM')
    expect(clock(NOON, 'zh-CN')).toBe('12:05')
    expect(clock(NOON, 'en')).toBe('12:05 PM')
    expect(dayName(NOON, 'en')).toBe('Friday, May 17, 2024')
    expect(dayName(NOON, 'zh-CN')).toBe('2024年5月17日星期五')
    expect(fullTime(NOON, 'en')).toMatch(/^May 17, 2024, 12:05:09\sPM$/)
  })

  it('of a list are the clock today, a word yesterday, a day of the year, and a date of another year', () => {
    const day = 86_400_000
    expect(shortTime(NOON, 'en', 'Yesterday', NOON + 1000)).toBe(clock(NOON, 'en'))
    expect(shortTime(NOON, 'en', 'Yesterday', NOON + day)).toBe('Yesterday')
    expect(shortTime(NOON, 'en', 'Yesterday', NOON + 9 * day)).toBe('5/17')
    expect(shortTime(NOON, 'en', 'Yesterday', NOON + 300 * day)).toBe('5/17/24')
    expect(shortTime(0, 'en', 'Yesterday')).toBe('')
  })

  it('make one formatter for many messages', () => {
    let made = 0
    class Counted extends Intl.DateTimeFormat {
      constructor(...args: ConstructorParameters<typeof Intl.DateTimeFormat>) {
        super(...args)
        made += 1
      }
    }
    vi.stubGlobal('Intl', { ...Intl, DateTimeFormat: Counted })
    for (let minute = 0; minute < 100; minute++) clock(NOON + minute * 60_000, 'de')
    vi.unstubAllGlobals()
    expect(made).toBe(1)
  })

  it('follow the device into another time zone', () => {
    const before = process.env['TZ']
    process.env['TZ'] = 'UTC'
    const there = clock(NOON, 'zh-CN')
    process.env['TZ'] = 'Asia/Shanghai'
    expect(clock(NOON, 'zh-CN')).not.toBe(there)
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
})

describe('characters', () => {
  it('are what a reader takes for one', () => expect([...characters('é👨‍👩‍👧中')]).toEqual(['é', '👨‍👩‍👧', '中']))
  it('of nothing are none', () => expect([...characters('')]).toEqual([]))
})
