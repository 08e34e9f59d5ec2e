import type { NodeCommand, NodeReply } from '@quorumlock/core'
import type { SimulatedProcess } from './simulated-process.js'
import type { Oracle } from './oracle.js'
import type { Server } from './server.js'
import type { Timeline } from './timeline.js'

/** Checks for leftovers on servers and in processes, and for what must hold there at every step. */
export class Leftovers {
  readonly #excused = new Set<string>(['#tombstone'])
  readonly #oracle: Oracle
  readonly #timeline: Timeline
  readonly #clients: readonly SimulatedProcess[]

  constructor(oracle: Oracle, timeline: Timeline, clients: readonly SimulatedProcess[]) {
    this.#oracle = oracle
    this.#timeline = timeline
    this.#clients = clients
  }

  /** A command with this value arrived over a dead connection, possibly after its own rollback. */
  excuse(value: string): void {
    this.#excused.add(value)
  }

  checkStep(server: Server, command: NodeCommand, reply: NodeReply): void {
    // Whoever gave a node back what it forgot may have died before it could tidy.
    if (command.kind === 'restore') for (const { value } of command.copies) this.#excused.add(value)
    if (!('keys' in command)) return
    for (const key of command.keys) {
      const queue = server.state.queues.get(key)
      if (queue === undefined) continue
      // A giver's release has no effect on a node that knows its heir: the place goes with the heir's release.
      const isRelease = command.kind === 'release' && !(reply.vote === 'refused' && reply.reason === 'taken')
      const left = isRelease ? command.value : undefined
      if (left !== undefined && queue.some(({ id }) => id === left)) {
        this.#oracle.report(
          'invariant',
          `${server.name} still has ${left} waiting for ${key}, although it has left`,
        )
      }
      if (queue.length === 0)
        this.#oracle.report('invariant', `${server.name} keeps an empty queue of ${key}`)
      for (let index = 1; index < queue.length; index++) {
        const [before, after] = [queue[index - 1], queue[index]]
        if (before === undefined || after === undefined) continue
        const inOrder = before.at < after.at || (before.at === after.at && before.id < after.id)
        if (!inOrder) this.#oracle.report('invariant', `${server.name}: the queue of ${key} is out of order`)
      }
    }
  }

  /** Call this some time after all locks were released and all waits ended. */
  checkServers(servers: readonly Server[]): void {
    const expiring = new Set<string>(this.#excused)
    for (const { client, lock, leftToExpire } of this.#oracle.holdings) {
      if (leftToExpire || client.isCrashed) expiring.add(lock.value)
    }
    for (const server of servers.filter(({ accepts }) => accepts)) {
      const now = server.now()
      for (const [key, { value, expiresAt }] of server.state.locks) {
        if (expiresAt < now || expiring.has(value) || this.#isOfGone(value) || isMark(key)) continue
        this.#oracle.report(
          'residue',
          `${server.name} still has ${key} with ${value} for ${expiresAt - now} ms`,
        )
      }
      for (const [key, queue] of server.state.queues) {
        const waiter = queue.find(({ deadline }) => deadline >= now)
        if (waiter !== undefined) {
          this.#oracle.report('residue', `${server.name} still has ${waiter.id} waiting for ${key}`)
        }
      }
    }
  }

  /** Every node that was found is back, however long the locks live that it forgot. */
  checkRestored(servers: readonly Server[]): void {
    for (const { name, state } of servers) {
      const [marker] = state.markers.values()
      // Whoever never asks a node does not notice that it was emptied.
      if (marker !== undefined && marker.quarantinedUntil !== null)
        this.#oracle.report('liveness', `${name} was not restored`)
    }
  }

  /** Nothing may keep the process alive. */
  checkAwaited(clients: readonly SimulatedProcess[]): void {
    for (const { name, clock } of clients) {
      if (clock.holding > 0) this.#oracle.report('residue', `a timer keeps ${name} alive after close()`)
    }
  }

  checkAgendas(clients: readonly SimulatedProcess[]): void {
    for (const { name, clock } of clients) {
      if (clock.timers > 0)
        this.#oracle.report('residue', `${name} has a timer long after close() (${this.#timeline.now})`)
    }
  }

  #isOfGone(value: string): boolean {
    const match = /-(c\d+)\.(\d+)(?=#|~|$)/.exec(value)
    const client = this.#clients.find(({ name }) => name === match?.[1])
    return client === undefined || client.isCrashed || Number(match?.[2]) <= client.idsOfClosed
  }
}

/** A key that `once` leaves behind on purpose. */
function isMark(key: string): boolean {
  return key.startsWith('lock:once:') && key.endsWith(':done')
}
