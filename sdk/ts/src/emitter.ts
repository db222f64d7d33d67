/** Typed events. A listener that throws does not keep the others from hearing. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(value: never) => void>>()

  /** Returns how to stop listening. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set()
    this.listeners.set(name, set)
    set.add(listener as (value: never) => void)
    return () => set.delete(listener as (value: never) => void)
  }

  once<Name extends keyof Events>(name: Name, fits: (value: Events[Name]) => boolean = () => true): Promise<Events[Name]> {
    return new Promise((resolve) => {
      const stop = this.on(name, (value) => {
        if (!fits(value)) return
        stop()
        resolve(value)
      })
    })
  }

  protected emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) {
      try {
        ;(listener as (value: Events[Name]) => void)(value)
      } catch (error) {
        reportError(error)
      }
    }
  }
}

function reportError(error: unknown): void {
  setTimeout(() => {
    throw error
  }, 0)
}
