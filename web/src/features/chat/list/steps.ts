/** A row of the list; its key stays while what it shows does. */
export interface Keyed {
  key: string
}

/** One change of a list at one place. shift: what is above the screen changed, so the view is kept from the end. */
export interface Step<T> {
  rows: T[]
  shift: boolean
}

/** How a virtual list that knows its rows' sizes by their index gets from some rows to others: one change at a time, so
 * that sizes stay with their rows. `top` is the first row on the screen. undefined: nothing is left of the old rows. */
export function steps<T extends Keyed>(old: T[], now: T[], top: number): Step<T>[] | undefined {
  if (old.length === 0 || now.length === 0) return undefined
  const place = new Map(now.map(({ key }, index) => [key, index]))
  const first = old.findIndex(({ key }) => place.has(key))
  if (first < 0) return undefined
  const last = old.findLastIndex(({ key }) => place.has(key))
  const head = place.get(old[first]!.key)!
  const tail = place.get(old[last]!.key)!
  const found: Step<T>[] = []
  const add = (rows: T[], shift: boolean) => found.push({ rows, shift })

  if (first > 0) add(old.slice(first), true)
  if (head > 0) add([...now.slice(0, head), ...old.slice(first)], true)
  if (tail - head !== last - first) {
    const changed = old.slice(first, last + 1).findIndex(({ key }, index) => now[head + index]?.key !== key)
    add([...now.slice(0, tail + 1), ...old.slice(last + 1)], first + changed < top)
  }
  if (found.length === 0 || tail < now.length - 1 || last < old.length - 1) add(now, false)
  else found.at(-1)!.rows = now
  return found
}
