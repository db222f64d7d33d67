/** Arrow keys in a grid of buttons that wraps as wide as it is: which one is next. undefined: not for the grid. */
export function nextInGrid(key: string, at: number, count: number, columns: number): number | undefined {
  const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1 }
  const next = steps[key]
  if (next === undefined) return undefined
  return next < 0 || next >= count ? at : next
}

/** How many buttons stand in the first line. */
export function columnsOf(buttons: HTMLElement[]): number {
  const top = buttons[0]?.offsetTop
  const second = buttons.findIndex((button) => button.offsetTop !== top)
  return second < 0 ? Math.max(1, buttons.length) : second
}

/** Moves the focus within `grid` by a key, and the one tab stop with it. */
export function rove(event: KeyboardEvent, grid: HTMLElement): void {
  const buttons = [...grid.querySelectorAll<HTMLElement>('button')]
  const at = buttons.indexOf(document.activeElement as HTMLElement)
  if (at < 0) return
  const next = nextInGrid(event.key, at, buttons.length, columnsOf(buttons))
  if (next === undefined) return
  event.preventDefault()
  buttons[next]?.focus()
}
