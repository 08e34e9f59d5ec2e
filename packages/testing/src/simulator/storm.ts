import type { SimulatedProcess } from './simulated-process.js'
import type { Stage } from './stage.js'
import type { SimulatedFault } from './plan.js'
import { SeededRandom } from '../random/seeded-random.js'
import type { Server } from './server.js'

const MOST_SET_BACK = 3_000

/** It has kept its data since it was last admitted. */
function remembers({ state }: Server): boolean {
  const [marker] = state.markers.values()
  return marker?.run === state.run && marker.opened && marker.quarantinedUntil === null
}

/** Injects faults, one after another, until the storm is over; then repairs what a majority needs. */
export class Storm {
  readonly #stage: Stage
  readonly #servers: readonly Server[]
  readonly #clients: readonly SimulatedProcess[]
  readonly #chance: SeededRandom
  /** Servers that lost data, with the time at which their quarantine must be over. */
  readonly #forgetful = new Map<Server, number>()
  readonly #setBack = new Map<Server, number>()
  readonly #undo = new Set<() => void>()
  #isOver = false

  constructor(stage: Stage, servers: readonly Server[]) {
    this.#stage = stage
    this.#servers = servers
    this.#clients = stage.clients
    this.#chance = new SeededRandom(stage.plan.seed, 'nemesis')
  }

  start(): void {
    const { plan, timeline } = this.#stage
    if (plan.faults.has('loseWakeUps')) {
      const chance = new SeededRandom(plan.seed, 'wake-ups')
      const share = chance.pick([0.1, 0.5, 1])
      for (const { links } of this.#clients)
        for (const link of links)
          link.losesWakeUp = () => {
            const isLost = chance.chance(share)
            if (isLost) this.#stage.mark('wake-up lost')
            return isLost
          }
    }
    if (plan.faults.has('lossyRestart')) this.#snapshotRegularly()
    if (plan.faults.size > 0 || plan.world === 'nodeClockJumps')
      timeline.at(plan.calmUntil, () => {
        this.#next()
      })
    timeline.at(plan.stormUntil, () => {
      this.#heal()
    })
  }

  #next(): void {
    const { plan, timeline } = this.#stage
    timeline.after(this.#chance.between(0, 2 * plan.calmness), () => {
      if (this.#isOver) return
      this.#harm()
      this.#next()
    })
  }

  #harm(): void {
    const { plan } = this.#stage
    const faults: (SimulatedFault | 'nodeClockForward')[] = [...plan.faults]
    if (plan.world === 'nodeClockJumps') faults.push('nodeClockForward')
    const server = this.#chance.pick(this.#servers)
    const client = this.#chance.pick(this.#clients)
    const fault = this.#chance.pick(faults)
    this.#stage.note(() => `STORM ${fault} ${server.name} ${client.name}`)
    this.#do(fault, server, client)
  }

  #do(fault: SimulatedFault | 'nodeClockForward', server: Server, client: SimulatedProcess): void {
    const { plan } = this.#stage
    const chance = this.#chance
    const longest = Math.max(...plan.ttls)
    const duration = chance.skewed(1, Math.max(500, 2 * longest))
    switch (fault) {
      case 'crash': {
        // A node that is not durable counts as one that may have lost its last writes.
        this.#crash(server, duration, plan.world === 'dataLoss' || plan.world === 'restoring')
        return
      }
      case 'lossyRestart': {
        this.#crash(server, duration, true)
        return
      }
      case 'flush':
        if (server.isUp && this.#mayForget(server)) server.flush()
        return
      case 'freeze':
        if (!server.accepts) return
        server.freeze()
        {
          this.#later(duration, () => {
            if (server.isFrozen) server.thaw()
          })
          return
        }
      case 'stall': {
        const link = client.links[server.index]
        if (chance.chance(0.6)) link?.stall('up')
        if (chance.chance(0.6)) link?.stall('down')
        if (chance.chance(0.6)) link?.stall('news')
        this.#later(duration, () => link?.heal())
        return
      }
      case 'break':
        return client.links[server.index]?.break(this.#lateness())
      case 'slowNode': {
        this.#breakAll(server)
        return
      }
      case 'full':
        server.isFull = true
        {
          this.#later(duration, () => {
            server.isFull = false
          })
          return
        }
      case 'pause':
      case 'suspend': {
        this.#standStill(client, fault, duration)
        return
      }
      case 'clientCrash':
        // The last client must live to show progress.
        if (this.#clients.filter(({ isCrashed }) => !isCrashed).length > 1 && chance.chance(0.2)) {
          client.crash(() => this.#lateness())
        }
        return
      case 'nodeClockBack': {
        this.#stepBack(server, chance.skewed(1, MOST_SET_BACK))
        return
      }
      case 'nodeClockForward': {
        server.stepClock(chance.between(0.3, 3) * longest)
        return
      }
      case 'clientWallStep': {
        this.#stepWall(client, chance.between(-1, 1) * chance.pick([10, longest, 100_000]))
        return
      }
      case 'loseWakeUps':
        return
    }
  }

  #crash(server: Server, duration: number, losesData: boolean): void {
    if (!server.isUp || (losesData && !this.#mayForget(server))) return
    const survival = losesData ? this.#chance.pick(['nothing', 'last-snapshot'] as const) : 'everything'
    server.crash()
    this.#later(duration, () => {
      if (server.isUp) return
      server.restart(server.isDurable ? 'everything' : survival)
      this.#stage.note(() => `${server.name} is back with ${survival}`)
    })
    if (!losesData) return
    const over = this.#quarantineOver(duration)
    this.#forgetful.set(server, over)
  }

  /** A monotonic clock that stood still and a wall clock that was set back err in the same direction, undetectably. */
  #stepWall(client: SimulatedProcess, by: number): void {
    client.clock.stepWall(this.#stage.plan.faults.has('suspend') ? Math.abs(by) : by)
  }

  /** A clock that is set back makes keys live longer, which is safe, but every client must wait for it. */
  #stepBack(server: Server, by: number): void {
    const before = this.#setBack.get(server) ?? 0
    const step = Math.min(by, MOST_SET_BACK - before)
    this.#setBack.set(server, before + step)
    server.stepClock(-step)
  }

  #breakAll(server: Server): void {
    for (const { links } of this.#clients) links[server.index]?.break(this.#lateness())
  }

  /** Fewer than a quorum may have lost their data at the same time; otherwise no node is left that knows the locks. */
  #mayForget(server: Server): boolean {
    const { plan, timeline } = this.#stage
    if (plan.world === 'dataLoss') return true
    if (plan.world === 'restoring') return this.#canBeRestored(server)
    for (const [other, over] of this.#forgetful) if (over < timeline.now) this.#forgetful.delete(other)
    const others = new Set([...this.#forgetful.keys(), server])
    const tolerated = plan.quorum - 1
    if (plan.nodes - plan.quorum + 1 > plan.nodes - others.size || others.size > tolerated) return false
    this.#forgetful.set(server, this.#quarantineOver(0))
    return true
  }

  /** So many others remember that one of the clients can give the server back what it forgets. */
  #canBeRestored(server: Server): boolean {
    const others = this.#servers.filter((other) => other !== server && other.isUp && remembers(other))
    return others.length >= this.#witnesses
  }

  /** So many others must know that a server that lost its data has its seat again. */
  get #witnesses(): number {
    const { nodes, quorum } = this.#stage.plan
    return Math.min(nodes - 1, Math.max(Math.floor(nodes / 2) + 1, nodes - quorum + 1))
  }

  #quarantineOver(downFor: number): number {
    const { plan, timeline } = this.#stage
    return timeline.now + downFor + 1.2 * Math.max(...plan.ttls) + 15_000
  }

  #standStill(client: SimulatedProcess, fault: 'pause' | 'suspend', duration: number): void {
    if (client.isPaused || client.isCrashed) return
    const { timeline } = this.#stage
    const began = timeline.now
    client.pause()
    const first = this.#chance.pick(['timer', 'network'] as const)
    this.#later(duration, () => {
      if (!client.isPaused) return
      if (fault === 'suspend') client.clock.slept(timeline.now - began)
      client.resume(first)
    })
  }

  #lateness(): number | 'lost' {
    return this.#chance.chance(0.4) ? 'lost' : this.#chance.skewed(0, 3_000)
  }

  #snapshotRegularly(): void {
    const { timeline } = this.#stage
    for (const server of this.#servers) if (server.isUp) server.snapshot()
    if (!this.#isOver)
      timeline.after(1_000, () => {
        this.#snapshotRegularly()
      })
  }

  #later(duration: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo()
    }
    this.#undo.add(once)
    this.#stage.timeline.after(duration, once)
  }

  /** How many nodes may stay unavailable without preventing progress. */
  get #dispensable(): number {
    const { plan } = this.#stage
    // A node that is still to be restored needs the others.
    if (plan.world === 'restoring') return 0
    const spare = plan.nodes - plan.quorum
    if (!plan.guard) return spare
    const forgetting = this.#servers.filter((server) => !remembers(server)).length
    const tolerated = plan.nodes - Math.max(1, forgetting) - this.#witnesses
    return Math.max(0, Math.min(spare, tolerated))
  }

  /** A majority recovers; the other nodes stay broken for the rest of the run. */
  #heal(): void {
    this.#isOver = true
    this.#stage.note(() => 'STORM is over')
    const { plan } = this.#stage
    for (const undo of [...this.#undo]) undo()
    this.#undo.clear()
    for (const { links } of this.#clients) for (const link of links) link.losesWakeUp = () => false
    const broken = this.#chance.below(this.#dispensable + 1)
    if (plan.faults.size === 0 || this.#chance.chance(0.5)) return
    for (let count = 0; count < broken; count++) {
      const server = this.#chance.pick(this.#servers)
      if (!server.accepts) continue
      if (this.#chance.chance(0.5)) server.crash()
      else server.freeze()
    }
  }
}
