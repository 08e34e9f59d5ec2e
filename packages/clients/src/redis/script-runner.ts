import type { Failed } from '@quorumlock/core'
import { BatchCall } from './batch-call.js'
import type { Call } from './call.js'
import type { RedisLink } from './link.js'
import { headingOf, shownNumber, type Heading } from './replies.js'
import type { EmbeddedScript } from './scripts/embedded.js'
import { codeOf, voteOfError } from './vote-of-error.js'

/** A call that was rejected as a whole, without any effect. */
interface Rejected {
  readonly call: Call
  readonly number: number
  /** Whether one of its commands was the reason, so that each is resent in a call of its own. */
  readonly alone: boolean
}

/** Exists while rejected calls wait for the calls sent after them. */
interface Recovery {
  readonly rejected: Rejected[]
  readonly done: { readonly call: Call; readonly number: number }[]
  readonly held: Call[]
}

const NOTHING_MORE: readonly unknown[] = []
const LOST = 'the connection was lost'
const UNREADABLE = 'the reply could not be read'
const OVERTAKEN: Failed = {
  vote: 'failed',
  reason: 'not run: the script was missing, and later commands on these keys have already run',
}

/** Runs scripts over one connection, in order, each at most once. A script that the server does not know is sent with the call. */
export class ScriptRunner {
  readonly #link: RedisLink
  /** By number, in the order of sending. */
  readonly #inFlight = new Map<number, Call>()
  readonly #known = new Set<EmbeddedScript>()
  #recovery: Recovery | undefined
  /**
   * A client that continues after an unreadable reply assigns every later reply to the preceding command. Each call has
   * a number that its reply repeats, so the reply still finds its call. An error can no longer be assigned for certain.
   */
  #isOutOfStep = false
  #sent = 0

  constructor(link: RedisLink) {
    this.#link = link
  }

  run(call: Call): void {
    if (this.#recovery === undefined) this.#send(call)
    else this.#recovery.held.push(call)
  }

  /** Calls in flight may have run; calls held back have not. */
  disconnected(): void {
    const recovery = this.#recovery
    const inFlight = [...this.#inFlight.values()]
    this.#recovery = undefined
    this.#inFlight.clear()
    this.#known.clear()
    this.#isOutOfStep = false
    for (const call of inFlight) call.settleAll({ vote: 'unknown', reason: LOST })
    if (recovery === undefined) return
    for (const { call } of recovery.rejected) call.settleAll({ vote: 'failed', reason: LOST })
    for (const call of recovery.held) call.settleAll({ vote: 'failed', reason: LOST })
  }

  #send(call: Call): void {
    if (!this.#link.isReady(call.slot)) {
      call.settleAll({ vote: 'failed', reason: 'not connected' })
      return
    }
    const { script } = call
    const number = ++this.#sent
    const isKnown = this.#known.has(script)
    if (!isKnown) this.#known.add(script)
    const command = isKnown
      ? call.command('EVALSHA', script.sha1, shownNumber(number))
      : call.command('EVAL', script.source, shownNumber(number))
    this.#inFlight.set(number, call)
    this.#transmit(command, call.key).then(
      (reply) => {
        this.#onReply(number, reply)
      },
      (error: unknown) => {
        if (this.#isOutOfStep) this.#failedOutOfStep(call, error)
        else if (this.#inFlight.delete(number)) this.#failed(call, number, error)
        this.#recoverIfQuiet()
      },
    )
  }

  #onReply(number: number, reply: unknown): void {
    const heading = headingOf(reply)
    if (heading?.number !== number) {
      this.#isOutOfStep = true
      this.#giveUp(number)
    }
    if (heading !== undefined) this.#answered(heading, Array.isArray(reply) ? reply.slice(1) : NOTHING_MORE)
    this.#recoverIfQuiet()
  }

  #answered(heading: Heading, rest: readonly unknown[]): void {
    const { number } = heading
    if (this.#isOutOfStep) this.#giveUpBefore(number)
    const call = this.#inFlight.get(number)
    if (call === undefined) return
    this.#inFlight.delete(number)
    this.#recovery?.done.push({ call, number })
    call.settle(heading, rest)
  }

  /** Replies arrive in the order of the commands, so a reply that was skipped will not arrive. */
  #giveUpBefore(number: number): void {
    if (this.#link.isCluster) return
    for (const earlier of this.#inFlight.keys()) {
      if (!(earlier < number)) break
      this.#giveUp(earlier)
    }
  }

  /** The error belongs to the oldest call, or to a command that is not ours. */
  #failedOutOfStep(call: Call, error: unknown): void {
    if (isUnknownScript(error)) this.#known.delete(call.script)
    const [oldest] = this.#inFlight.keys()
    if (oldest !== undefined) this.#giveUp(oldest, error)
  }

  #giveUp(number: number, cause?: unknown): void {
    const call = this.#inFlight.get(number)
    this.#inFlight.delete(number)
    call?.settleAll({ vote: 'unknown', reason: UNREADABLE, cause })
  }

  #transmit(args: string[], key: string | undefined): Promise<unknown> {
    try {
      return this.#link.send(args, key)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #failed(call: Call, number: number, error: unknown): void {
    const isUnknown = isUnknownScript(error)
    const alone = codeIn(error) === 'NOPERM' && call instanceof BatchCall && call.size > 1
    if (!isUnknown && !alone) {
      this.#recovery?.done.push({ call, number })
      call.settleAll(voteOfError(error, { source: call.script.source, keys: call.keys() }))
      return
    }
    if (isUnknown) this.#known.delete(call.script)
    this.#recovery ??= { rejected: [], done: [], held: [] }
    this.#recovery.rejected.push({ call, number, alone })
  }

  /**
   * Commands on the same key must not be reordered. So rejected calls are resent once all calls sent after them are
   * answered, and before calls that came later. A command overtaken by another one on its key is given up.
   */
  #recoverIfQuiet(): void {
    const recovery = this.#recovery
    if (recovery === undefined || this.#inFlight.size > 0) return
    this.#recovery = undefined
    const { rejected, done, held } = recovery
    rejected.sort((a, b) => a.number - b.number)
    const resent = rejected.flatMap(({ call, number, alone }) => {
      const overtaking = done.filter((other) => other.number > number)
      const overtaken = new Set(overtaking.flatMap(({ call: other }) => other.locks()))
      if (call instanceof BatchCall) return stillPossible(call, overtaken, alone)
      if (!call.locks().some((key) => overtaken.has(key))) return [call]
      call.settleAll(OVERTAKEN)
      return []
    })
    for (const call of resent) this.run(call)
    for (const call of held) this.run(call)
  }
}

function codeIn(error: unknown): string | undefined {
  return codeOf(error instanceof Error ? error.message : String(error))
}

function isUnknownScript(error: unknown): boolean {
  return codeIn(error) === 'NOSCRIPT'
}

function stillPossible(call: BatchCall, overtaken: ReadonlySet<string>, alone: boolean): BatchCall[] {
  const calls: BatchCall[] = []
  for (const [command, answer] of call.unanswered()) {
    if (command.keys.some((key) => overtaken.has(key))) {
      answer(OVERTAKEN)
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
