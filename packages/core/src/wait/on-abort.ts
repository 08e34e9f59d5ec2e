/** Calls `react` when the signal aborts. Returns a function that cancels this and leaves no listener on the signal. */
export function onAbort(signal: AbortSignal, react: () => void): () => void {
  let listener = listeners.get(signal)
  if (listener === undefined) listeners.set(signal, (listener = new Listener(signal)))
  return listener.add(react)
}

const listeners = new WeakMap<AbortSignal, Listener>()

/** The only listener of a signal, regardless of how many calls follow it, because Node warns about more than ten. */
class Listener {
  readonly #signal: AbortSignal
  readonly #reactions = new Set<() => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(react: () => void): () => void {
    if (this.#reactions.size === 0) this.#signal.addEventListener('abort', this)
    // A new function, so that the same reaction can be added twice.
    const own = (): void => {
      react()
    }
    this.#reactions.add(own)
    return () => {
      if (this.#reactions.delete(own) && this.#reactions.size === 0) {
        this.#signal.removeEventListener('abort', this)
      }
    }
  }

  /** Called by the signal when it aborts. */
  handleEvent(): void {
    for (const react of [...this.#reactions]) react()
  }
}
