/** Times as people read them. */
const DAY_MS = 86_400_000

type Style = 'clock' | 'day' | 'month' | 'date' | 'full'

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  clock: { hour: '2-digit', minute: '2-digit' },
  day: { dateStyle: 'full' },
  month: { month: 'numeric', day: 'numeric' },
  date: { dateStyle: 'short' },
  full: { dateStyle: 'medium', timeStyle: 'medium' },
}

/** Making one takes as long as some hundred times written with it, and every row of a list writes several. They are of
 * one time zone: that of the moment they were made in. */
const formats = new Map<string, Intl.DateTimeFormat>()
let zone: number | undefined

function written(ms: number, language: string, style: Style): string {
  const here = new Date().getTimezoneOffset()
  if (here !== zone) formats.clear()
  zone = here
  const key = `${style} ${language}`
  let format = formats.get(key)
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(language, STYLES[style])))
  return format.format(ms)
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** What a reader takes for characters, one after the other. */
export function* characters(text: string): Generator<string> {
  for (const { segment } of graphemes.segment(text)) yield segment
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0)
}

export function sameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b)
}

/** The clock's time, today; else the day. For lists. `yesterday` in the reader's language. */
export function shortTime(ms: number, language: string, yesterday: string, now = Date.now()): string {
  if (ms <= 0) return ''
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / DAY_MS)
  if (days <= 0) return clock(ms, language)
  if (days === 1) return yesterday
  const sameYear = new Date(now).getFullYear() === new Date(ms).getFullYear()
  return written(ms, language, sameYear ? 'month' : 'date')
}

export function clock(ms: number, language: string): string {
  return written(ms, language, 'clock')
}

/** A day as it stands between messages. */
export function dayName(ms: number, language: string): string {
  return written(ms, language, 'day')
}

export function fullTime(ms: number, language: string): string {
  return written(ms, language, 'full')
}

export function byteSize(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return new Intl.NumberFormat(language, { style: 'unit', unit: units[unit]!, unitDisplay: unit === 0 ? 'long' : 'short', maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value)
}

/** Minutes and seconds of a sound: 1:05. */
export function playTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
