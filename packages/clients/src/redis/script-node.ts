import type {
  Ability,
  ConnectionObserver,
  Failed,
  LockNode,
  NodeCommand,
  NodeReply,
  WakeObserver,
} from '@quorumlock/core'
import { BatchCall } from './batch-call.js'
import type { Answer } from './call.js'
import { queueOf } from './companions.js'
import { FleetCall } from './fleet-call.js'
import { isFleetCommand, type FleetCommand } from './fleet-job.js'
import type { LockCommand } from './job.js'
import type { RedisLink, Subscriber } from './link.js'
import { ScriptRunner } from './script-runner.js'
import { shownKeys } from './shown-keys.js'
import { slotOf } from './slot.js'

export interface ScriptNodeOptions {
  /**
   * Every write survives a crash of the server (`appendonly yes` with `appendfsync always`), so that a restarted
   * server may vote at once. Default: false.
   */
  readonly durable?: boolean | undefined
}

/** One of its servers would list its own locks only. */
const CANNOT_LIST: Failed = {
  vote: 'failed',
  misuse: true,
  reason: 'a Redis Cluster can neither list its locks nor be given back what it lost',
}

/** Calls that are not sent yet, by the slots of their keys. */
type Open = Map<number | undefined, BatchCall>

/** A lock node over one Redis client. All commands of a tick travel in one script call. */
export class ScriptNode implements LockNode {
  readonly name: string
  readonly lacks: readonly Ability[] | undefined
  readonly #link: RedisLink
  readonly #durable: boolean
  readonly #runner: ScriptRunner
  readonly #observers = new Set<ConnectionObserver>()
  readonly #unwatch: () => void
  #commands: NodeCommand[] = []
  #answers: Answer[] = []
  #subscriber: Subscriber | undefined
  #closed = false

  constructor(link: RedisLink, options: ScriptNodeOptions = {}) {
    links.set(this, link)
    this.name = link.name
    this.lacks = link.lacks
    this.#link = link
    this.#durable = options.durable ?? false
    this.#runner = new ScriptRunner(link)
    this.#unwatch = link.watch({
      connected: () => {
        for (const observer of [...this.#observers]) observer.connected()
      },
      disconnected: () => {
        this.#runner.disconnected()
        for (const observer of [...this.#observers]) observer.disconnected()
      },
    })
  }

  get connected(): boolean {
    return !this.#closed && this.#link.isReady()
  }

  send(command: NodeCommand, answer: (reply: NodeReply) => void): void {
    // After the microtasks, so that commands triggered by the same event travel together.
    if (this.#commands.length === 0) process.nextTick(this.#flush)
    this.#commands.push(command)
    this.#answers.push(answer)
  }

  watch(observer: ConnectionObserver): () => void {
    this.#observers.add(observer)
    return () => {
      this.#observers.delete(observer)
    }
  }

  subscribe(channel: string, observer: WakeObserver): () => void {
    this.#subscriber ??= this.#link.openSubscriber()
    return this.#subscriber.subscribe(channel, observer)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch()
    await this.#subscriber?.close()
    this.#link.close?.()
  }

  readonly #flush = (): void => {
    const commands = this.#commands
    const answers = this.#answers
    this.#commands = []
    this.#answers = []
    const open: Open = new Map()
    for (let index = 0; index < commands.length; index++) {
      const command = commands[index] as NodeCommand
      const answer = answers[index] as Answer
      if (isFleetCommand(command)) {
        this.#dispatch(open)
        this.#runAlone(command, answer)
      } else this.#enlist(open, command, answer)
    }
    this.#dispatch(open)
  }

  #runAlone(command: FleetCommand, answer: Answer): void {
    const isForAllKeys = command.kind !== 'greet' && command.kind !== 'mark'
    if (isForAllKeys && this.#link.isCluster) answer(CANNOT_LIST)
    else this.#runner.run(new FleetCall(command, this.#durable, answer))
  }

  #enlist(open: Open, command: LockCommand, answer: Answer): void {
    const slot = this.#link.isCluster ? slotOf(command.keys[0] as string) : undefined
    const obstacle = slot === undefined ? undefined : obstacleInCluster(command.keys, slot)
    if (obstacle !== undefined) {
      answer(obstacle)
      return
    }
    const batch = open.get(slot)
    if (batch?.add(command, answer) === true) return
    if (batch !== undefined) this.#runner.run(batch)
    const next = new BatchCall(slot)
    next.add(command, answer)
    open.set(slot, next)
  }

  #dispatch(open: Open): void {
    for (const batch of open.values()) this.#runner.run(batch)
    open.clear()
  }
}

/** For code that must see behind the port, as the doctor does. */
const links = new WeakMap<LockNode, RedisLink>()

export function linkOf(node: LockNode): RedisLink | undefined {
  return links.get(node)
}

function obstacleInCluster(keys: readonly string[], slot: number): Failed | undefined {
  if (keys.some((key) => slotOf(key) !== slot)) {
    return {
      vote: 'failed',
      misuse: true,
      reason: `CROSSSLOT ${shownKeys(keys)} are in different slots of the Redis Cluster: give the resources a common hash tag, as in {order:42}:lines`,
    }
  }
  const odd = keys.find((key) => key.includes('}') && slotOf(queueOf(key)) !== slot)
  if (odd === undefined) return undefined
  return {
    vote: 'failed',
    misuse: true,
    reason: `CROSSSLOT the queue of ${shownKeys([odd])} would be in another slot of the Redis Cluster: use braces only for a hash tag, as in {order:42}:lines`,
  }
}
