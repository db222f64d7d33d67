/** How a grid of square cells fills its room. CELL: the least width of one, in px; GAP: of --space-1. */
const CELL = 84
const GAP = 4
/** Before it was measured: as many as the panel beside a chat has. */
const COLUMNS = 3

export function columnsIn(width: number): number {
  return width <= 0 ? COLUMNS : Math.max(1, Math.floor((width + GAP) / (CELL + GAP)))
}

/** How high a row is, the gap below it included. */
export function rowHeight(width: number): number {
  if (width <= 0) return CELL + GAP
  const columns = columnsIn(width)
  return (width - GAP * (columns - 1)) / columns + GAP
}

export function inRows<T>(items: T[], columns: number): T[][] {
  const rows: T[][] = []
  for (let at = 0; at < items.length; at += columns) rows.push(items.slice(at, at + columns))
  return rows
}
