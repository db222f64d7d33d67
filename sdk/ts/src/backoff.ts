/** How long to wait before connecting again: doubling up to a bound, and never twice the same (full jitter), so that
 * a server that comes back is not met by everybody at once. */
export class Backoff {
  private failures = 0

  constructor(
    private readonly baseMs = 500,
    private readonly maxMs = 30_000,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait in ms; the first is short. */
  next(): number {
    const bound = Math.min(this.maxMs, this.baseMs * 2 ** this.failures)
    this.failures++
    return Math.round(bound / 4 + (this.random() * bound * 3) / 4)
  }

  reset(): void {
    this.failures = 0
  }
}
