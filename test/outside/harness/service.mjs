// Nodes that have been in use for long, as they are to all but the very first processes.
import { nodesWith } from './nodes.mjs'
import { startProgram } from './program.mjs'
import { until } from './until.mjs'

/** All nodes of the fleet vote, and a service watches them. */
export async function startService(t, fleet, keyPrefix = 'lock:') {
  const service = startProgram(t, 'live-long.mjs', fleet, keyPrefix)
  await service.says(/^serving/)
  // The marker by which clients know the nodes again: packages/clients/README.md, "Redis permissions".
  const marker = `${keyPrefix}:quorumlock:fleet`
  await until('all nodes to be known', async () => {
    return (await nodesWith(fleet, marker)).length === fleet.nodes.length
  })
  return service
}

/** One node came back empty, and a client that had known it before keeps it in quarantine. */
export async function quarantine(t, fleet, keyPrefix) {
  const service = await startService(t, fleet, keyPrefix)
  await fleet.nodes[0].restart({ wipe: true })
  await service.says(/^quarantined for \d+/)
}
