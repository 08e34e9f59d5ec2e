import { onAbort } from '../wait/on-abort.js'

/** A new signal that follows others until `dispose()`. */
export interface Following {
  readonly controller: AbortController
  readonly signal: AbortSignal
  /** Removes all listeners from the followed signals, which may live as long as the process. */
  dispose(): void
}

export function follow(...sources: readonly (AbortSignal | undefined)[]): Following {
  const controller = new AbortController()
  const listeners: (() => void)[] = []
  for (const source of sources) {
    if (source === undefined) continue
    if (source.aborted) {
      controller.abort(source.reason)
      break
    }
    listeners.push(
      onAbort(source, () => {
        controller.abort(source.reason)
      }),
    )
  }
  return {
    controller,
    signal: controller.signal,
    dispose: () => {
      for (const stop of listeners.splice(0)) stop()
    },
  }
}

/**
 * Settles like `work`, or rejects with the reason of the signal if it aborts first. The work continues in that case.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const aborted = (): void => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
      reject(signal.reason)
    }
    if (signal.aborted) aborted()
    work.then(resolve, reject).finally(onAbort(signal, aborted))
  })
}
