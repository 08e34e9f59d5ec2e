import { constants } from 'node:os'
import { codeOfSignal } from './exit-codes.js'

/** Those that people and supervisors send to a command; what cannot be caught is not among them. */
const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const
const ENDING: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM']

export type Deliver = (signal: NodeJS.Signals) => void

/** Hears signals from the moment it is made. Until somebody takes them, those that mean an end abort `signal`. */
export class Signals {
  readonly #controller = new AbortController()
  readonly #listeners = new Map<NodeJS.Signals, () => void>()
  #deliver: Deliver | undefined
  /** The first one that meant an end while there was nobody to take it. */
  ended: NodeJS.Signals | undefined

  constructor() {
    for (const name of FORWARDED) {
      const listener = (): void => {
        this.#heard(name)
      }
      process.on(name, listener)
      this.#listeners.set(name, listener)
    }
  }

  /** Aborted by a signal that means an end. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get exitCode(): number | undefined {
    return this.ended === undefined ? undefined : codeOfSignal(numberOf(this.ended))
  }

  /** The result of what cannot be interrupted by itself, or undefined when a signal came first. */
  async orEnd<T>(work: Promise<T>): Promise<T | undefined> {
    const ended = new Promise<undefined>((resolve) => {
      this.signal.addEventListener('abort', () => {
        resolve(undefined)
      })
    })
    return this.ended === undefined ? Promise.race([work, ended]) : undefined
  }

  /** From now on all of them go to `deliver`. */
  forwardTo(deliver: Deliver): void {
    this.#deliver = deliver
  }

  stop(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener)
  }

  #heard(name: NodeJS.Signals): void {
    if (this.#deliver !== undefined) {
      this.#deliver(name)
      return
    }
    if (!ENDING.includes(name)) return
    this.ended ??= name
    this.#controller.abort()
  }
}

export function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal]
}
