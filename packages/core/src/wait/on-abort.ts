/** Calls `react` when the signal aborts. Returns what ends that, and then leaves nothing behind on the signal. */
export function onAbort(signal: AbortSignal, react: () => void): () => void {
  let listener = listeners.get(signal)
  if (listener === undefined) listeners.set(signal, (listener = new Listener(signal)))
  return listener.add(react)
}

const listeners = new WeakMap<AbortSignal, Listener>()

/** The one listener of a signal, however many calls follow it: Node warns of more than ten. */
class Listener {
  readonly #signal: AbortSignal
  readonly #reactions = new Set<() => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(react: () => void): () => void {
    if (this.#reactions.size === 0) this.#signal.addEventListener('abort', this)
    // A function of its own, so that the same reaction may be given twice.
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

  /** The signal's word. */
  handleEvent(): void {
    for (const react of [...this.#reactions]) react()
  }
}
