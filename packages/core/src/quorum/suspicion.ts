import type { Agenda, Appointment } from '../agenda.js'
import { BackOff } from '../back-off.js'
import type { Clock } from '../clock.js'

const FIRST_PROBE_AFTER = 250
const LONGEST_PROBE_PAUSE = 10_000

/**
 * That a node let a command time out. Any answer ends the suspicion; probes are sent in case no other answer is on its
 * way any more.
 */
export class Suspicion {
  readonly #agenda: Agenda
  readonly #clock: Clock
  readonly #sendProbe: () => void
  readonly #backOff = new BackOff(FIRST_PROBE_AFTER, LONGEST_PROBE_PAUSE)
  #since: number | undefined
  #probe: Appointment | undefined

  constructor(agenda: Agenda, clock: Clock, sendProbe: () => void) {
    this.#agenda = agenda
    this.#clock = clock
    this.#sendProbe = sendProbe
  }

  /** Monotonic time; `undefined` while the node is not suspect. */
  get since(): number | undefined {
    return this.#since
  }

  begin(): void {
    this.#since = this.#clock.monotonic()
    this.#backOff.reset()
    this.#scheduleProbe()
  }

  end(): void {
    this.#since = undefined
    this.close()
  }

  close(): void {
    this.#probe?.cancel()
  }

  #scheduleProbe(): void {
    this.#probe = this.#agenda.at(this.#clock.monotonic() + this.#backOff.pause, 'background', () => {
      if (this.#since === undefined) return
      this.#sendProbe()
      this.#backOff.lengthen()
      this.#scheduleProbe()
    })
  }
}
