import type { MarkCommand } from '../node/commands.js'
import type { Greeting } from '../node/replies.js'
import type { Member } from '../quorum/member.js'
import type { Quorum } from '../quorum/quorum.js'
import { greetingOf, type Fleet } from './survey.js'

/** For orders that need no knowledge of the fleet. */
const NO_FLEET: Fleet = { fleet: '', longestTtl: 0, highestToken: 0 }

/** The commands by which a node writes its marker. Each has a condition that the node checks, so clients cannot race. */
export class MarkerOrders {
  readonly #quorum: Quorum
  readonly #marker: string
  readonly #enterIfValid: (member: Member, greeting: Greeting) => boolean

  constructor(
    quorum: Quorum,
    markerKey: string,
    enterIfValid: (member: Member, greeting: Greeting) => boolean,
  ) {
    this.#quorum = quorum
    this.#marker = markerKey
    this.#enterIfValid = enterIfValid
  }

  found(member: Member, fleet: Fleet, run: string): Promise<void> {
    return this.#order(member, this.#mark('found', fleet, run, 0))
  }

  quarantine(member: Member, fleet: Fleet, run: string, duration: number): Promise<void> {
    return this.#order(member, this.#mark('quarantine', fleet, run, duration))
  }

  shorten(member: Member, run: string, duration: number): Promise<void> {
    return this.#order(member, this.#mark('shorten', NO_FLEET, run, duration))
  }

  admit(member: Member, fleet: Fleet, run: string): Promise<void> {
    return this.#order(member, this.#mark('admit', fleet, run, 0))
  }

  /** The only order that a person gives, and therefore the only one that rejects. */
  lift(member: Member): Promise<void> {
    return new Promise((resolve, reject) => {
      const obstacle = member.submit(this.#mark('lift', NO_FLEET, '', 0), (reply) => {
        if (reply.vote !== 'granted') {
          reject(new Error(`${member.name} refused to lift its quarantine: ${reply.reason}`))
          return
        }
        const greeting = greetingOf(reply)
        if (greeting !== undefined) this.#enterIfValid(member, greeting)
        resolve()
      })
      if (obstacle !== undefined) reject(new Error(`${member.name} is unavailable: ${obstacle.reason}`))
    })
  }

  /** Resolves when the node has answered, or should have. */
  #order(member: Member, command: MarkCommand): Promise<void> {
    const { agenda, clock, nodeTimeout } = this.#quorum
    return new Promise((resolve) => {
      const deadline = agenda.at(clock.monotonic() + nodeTimeout, 'awaited', resolve)
      const answered = (): void => {
        deadline.cancel()
        resolve()
      }
      const obstacle = member.submit(command, (reply) => {
        const greeting = greetingOf(reply)
        if (greeting !== undefined) this.#enterIfValid(member, greeting)
        answered()
      })
      if (obstacle !== undefined) answered()
    })
  }

  #mark(mode: MarkCommand['mode'], fleet: Fleet, run: string, duration: number): MarkCommand {
    const { longestTtl, highestToken } = fleet
    return {
      kind: 'mark',
      marker: this.#marker,
      mode,
      fleet: fleet.fleet,
      run,
      stamp: this.#quorum.random.id(),
      longestTtl,
      floor: highestToken,
      duration,
    }
  }
}
