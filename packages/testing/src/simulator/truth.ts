import type { Plan } from './plan.js'
import type { Server } from './server.js'

/** The true state of the nodes, whatever any client knows: what a call can expect of them. */
export class Truth {
  readonly #plan: Plan
  readonly #servers: readonly Server[]

  constructor(plan: Plan, servers: readonly Server[]) {
    this.#plan = plan
    this.#servers = servers
  }

  /** Nodes that answer, and may vote. */
  voters(): Server[] {
    return this.#servers.filter((server) => server.accepts && !server.isFull && this.#mayVote(server))
  }

  /** Those of them that had no fault since. */
  unharmed(voters: readonly Server[], since: number): Server[] {
    return voters.filter((server) => server.troubledAt < since && this.#mayVote(server))
  }

  /** Whether the node has already granted an equal or higher token, which a client whose clock is behind cannot know. */
  isAhead({ state }: Server, token: bigint | undefined): boolean {
    if (token === undefined) return false
    for (const { floor } of state.markers.values()) if (floor >= token) return true
    return false
  }

  #mayVote({ state }: Server): boolean {
    if (!this.#plan.guard) return true
    for (const { run, quarantinedUntil } of state.markers.values())
      return (run === state.run || state.durable) && quarantinedUntil === null
    return false
  }
}

/** The value that a node has for a resource now. */
export function valueAt(server: Server, resource: string): string | undefined {
  const lock = server.state.locks.get(`lock:${resource}`)
  return lock === undefined || lock.expiresAt < server.now() ? undefined : lock.value
}
