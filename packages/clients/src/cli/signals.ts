import { constants } from 'node:os'
import { codeOfSignal } from './exit-codes.js'

/** The signals that people and supervisors send to a command, except those that cannot be caught. */
const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const
const TERMINATING: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM']

export type Deliver = (signal: NodeJS.Signals) => void

/** Receives signals from its construction on. Until they are forwarded, terminating signals abort `signal`. */
export class Signals {
  readonly #controller = new AbortController()
  readonly #listeners = new Map<NodeJS.Signals, () => void>()
  #deliver: Deliver | undefined
  /** The first terminating signal that was not forwarded. */
  ended: NodeJS.Signals | undefined

  constructor() {
    for (const name of FORWARDED) {
      const listener = (): void => {
        this.#onSignal(name)
      }
      process.on(name, listener)
      this.#listeners.set(name, listener)
    }
  }

  /** Aborted by a terminating signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get exitCode(): number | undefined {
    return this.ended === undefined ? undefined : codeOfSignal(numberOf(this.ended))
  }

  /** The result of work that takes no signal itself, or undefined if a terminating signal came first. */
  async orEnd<T>(work: Promise<T>): Promise<T | undefined> {
    const ended = new Promise<undefined>((resolve) => {
      this.signal.addEventListener('abort', () => {
        resolve(undefined)
      })
    })
    return this.ended === undefined ? Promise.race([work, ended]) : undefined
  }

  /** From now on all signals go to `deliver`. */
  forwardTo(deliver: Deliver): void {
    this.#deliver = deliver
  }

  stop(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener)
  }

  #onSignal(name: NodeJS.Signals): void {
    if (this.#deliver !== undefined) {
      this.#deliver(name)
      return
    }
    if (!TERMINATING.includes(name)) return
    this.ended ??= name
    this.#controller.abort()
  }
}

export function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal]
}
