/** Times as people read them. */
const DAY_MS = 86_400_000

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
  return new Intl.DateTimeFormat(language, sameYear ? { month: 'numeric', day: 'numeric' } : { dateStyle: 'short' }).format(ms)
}

export function clock(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(ms)
}

/** A day as it stands between messages. */
export function dayName(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'full' }).format(ms)
}

export function fullTime(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(ms)
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
