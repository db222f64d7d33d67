/** Runs tasks a few at a time, in order, and nothing before it is opened: what makes a task needless may come first. */
export class TaskQueue {
  private readonly waiting: (() => Promise<unknown>)[] = []
  private running = 0
  private opened = false

  constructor(private readonly atOnce: number) {}

  push(task: () => Promise<unknown>): void {
    this.waiting.push(task)
    this.next()
  }

  open(): void {
    this.opened = true
    this.next()
  }

  /** Forgets what has not begun. */
  close(): void {
    this.opened = false
    this.waiting.length = 0
  }

  private next(): void {
    while (this.opened && this.running < this.atOnce) {
      const task = this.waiting.shift()
      if (!task) return
      this.running += 1
      void task()
        .catch(() => undefined)
        .finally(() => {
          this.running -= 1
          this.next()
        })
    }
  }
}

/** Calls that ask for the same come down to one under way and one after it. */
export function coalesced(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined
  let following: Promise<void> | undefined
  const begin = (): Promise<void> => {
    current = run().finally(() => (current = undefined))
    return current
  }
  return () => {
    if (!current) return begin()
    following ??= current
      .catch(() => undefined)
      .then(() => {
        following = undefined
        return begin()
      })
    return following
  }
}
