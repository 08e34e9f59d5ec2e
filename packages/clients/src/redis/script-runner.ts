import { BatchCall, type Call } from './call.js'
import type { RedisLink } from './link.js'
import type { EmbeddedScript } from './scripts/embedded.js'
import { codeOf, voteOfError } from './vote-of-error.js'

/** A call that was turned away as a whole: nothing of it was done. */
interface TurnedAway {
  readonly call: Call
  readonly number: number
  /** One of its commands was the reason: each goes by itself. */
  readonly alone: boolean
}

/** While turned-away calls wait for those behind them. */
interface Recovery {
  readonly turnedAway: TurnedAway[]
  readonly done: { readonly call: Call; readonly number: number }[]
  readonly held: Call[]
}

const LOST = 'the connection was lost'
const OUT_OF_STEP = 'replies of the connection do not belong to its commands any more: it has to be made anew'

function isReplyTo(number: number, reply: unknown): boolean {
  return Array.isArray(reply) && Number(reply[0]) === number
}

/**
 * Runs scripts over one connection, in order, each at most once. A script that the server does not know is sent along
 * with the call.
 */
export class ScriptRunner {
  readonly #link: RedisLink
  readonly #inFlight = new Map<Call, number>()
  readonly #known = new Set<EmbeddedScript>()
  readonly #lostStep: () => void
  #recovery: Recovery | undefined
  #isOutOfStep = false
  #sent = 0

  /** `lostStep` is called when the replies of the connection turn out not to belong to its commands any more. */
  constructor(link: RedisLink, lostStep: () => void = () => undefined) {
    this.#link = link
    this.#lostStep = lostStep
  }

  /**
   * A client that goes on after a reply that it could not read gives every later one to the command before it. Each
   * call has a number that its reply repeats, so that this is noticed; nothing is sent from then on.
   */
  get isOutOfStep(): boolean {
    return this.#isOutOfStep
  }

  /** A new connection. */
  connected(): void {
    this.#isOutOfStep = false
  }

  run(call: Call): void {
    if (this.#recovery === undefined) this.#send(call)
    else this.#recovery.held.push(call)
  }

  /** What was sent may have happened; what was held back has not. */
  disconnected(): void {
    this.#giveUp(LOST)
  }

  #giveUp(reason: string): void {
    const recovery = this.#recovery
    const inFlight = [...this.#inFlight.keys()]
    this.#recovery = undefined
    this.#inFlight.clear()
    this.#known.clear()
    for (const call of inFlight) call.settleAll({ vote: 'unknown', reason })
    if (recovery === undefined) return
    for (const { call } of recovery.turnedAway) call.settleAll({ vote: 'failed', reason })
    for (const call of recovery.held) call.settleAll({ vote: 'failed', reason })
  }

  #send(call: Call): void {
    if (this.#isOutOfStep) {
      call.settleAll({ vote: 'failed', reason: OUT_OF_STEP })
      return
    }
    if (!this.#link.isReady(call.slot)) {
      call.settleAll({ vote: 'failed', reason: 'not connected' })
      return
    }
    const { script } = call
    const head = this.#known.has(script) ? ['EVALSHA', script.sha1] : ['EVAL', script.source]
    this.#known.add(script)
    const number = ++this.#sent
    this.#inFlight.set(call, number)
    this.#transmit(head.concat(call.args(), String(number)), call.key).then(
      (reply) => {
        if (!this.#inFlight.has(call)) return
        if (!isReplyTo(number, reply)) {
          this.#isOutOfStep = true
          this.#giveUp(OUT_OF_STEP)
          this.#lostStep()
          return
        }
        this.#inFlight.delete(call)
        this.#recovery?.done.push({ call, number })
        call.settle(reply)
        this.#recoverIfQuiet()
      },
      (error: unknown) => {
        if (!this.#inFlight.delete(call)) return
        this.#failed(call, number, error)
        this.#recoverIfQuiet()
      },
    )
  }

  async #transmit(args: string[], key: string | undefined): Promise<unknown> {
    return this.#link.send(args, key)
  }

  #failed(call: Call, number: number, error: unknown): void {
    const code = codeOf(error instanceof Error ? error.message : String(error))
    const isUnknownScript = code === 'NOSCRIPT'
    const alone = code === 'NOPERM' && call instanceof BatchCall && call.size > 1
    if (!isUnknownScript && !alone) {
      this.#recovery?.done.push({ call, number })
      call.settleAll(voteOfError(error))
      return
    }
    if (isUnknownScript) this.#known.delete(call.script)
    this.#recovery ??= { turnedAway: [], done: [], held: [] }
    this.#recovery.turnedAway.push({ call, number, alone })
  }

  /**
   * Commands on the same key must not change places. So the calls that were turned away go again only when all behind
   * them are answered, before everything that came since; a command that was overtaken after all is given up.
   */
  #recoverIfQuiet(): void {
    const recovery = this.#recovery
    if (recovery === undefined || this.#inFlight.size > 0) return
    this.#recovery = undefined
    const { turnedAway, done, held } = recovery
    turnedAway.sort((a, b) => a.number - b.number)
    const again = turnedAway.flatMap(({ call, number, alone }) => {
      if (!(call instanceof BatchCall)) return [call]
      const overtaking = done.filter((other) => other.number > number)
      return stillPossible(call, new Set(overtaking.flatMap(({ call: other }) => keysOf(other))), alone)
    })
    for (const call of again) this.run(call)
    for (const call of held) this.run(call)
  }
}

function stillPossible(call: BatchCall, overtaken: ReadonlySet<string>, alone: boolean): BatchCall[] {
  const calls: BatchCall[] = []
  for (const [command, answer] of call.open()) {
    if (command.keys.some((key) => overtaken.has(key))) {
      answer({
        vote: 'failed',
        reason: 'the server did not know the script, and later commands were faster',
      })
      continue
    }
    const last = alone ? undefined : calls.at(-1)
    if (last?.add(command, answer) === true) continue
    const next = new BatchCall(call.slot)
    next.add(command, answer)
    calls.push(next)
  }
  return calls
}

function keysOf(call: Call): string[] {
  return call instanceof BatchCall ? [...call.keys()] : []
}
