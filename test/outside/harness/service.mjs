// Nodes that have been in use for a while, as for all processes except the very first.
import { nodesWith } from './nodes.mjs'
import { startProgram } from './program.mjs'
import { until } from './until.mjs'

/** Resolves when all nodes of the fleet vote and a service monitors them. */
export async function startService(t, fleet, keyPrefix = 'lock:') {
  const service = startProgram(t, 'live-long.mjs', fleet, keyPrefix)
  await service.prints(/^serving/)
  // The marker by which clients recognize the nodes.
  const marker = `${keyPrefix}:quorumlock:marker`
  await until('all nodes to be known', async () => {
    return (await nodesWith(fleet, marker)).length === fleet.nodes.length
  })
  return service
}

/** Restarts one node empty. Resolves when a client that knew the node has put it in quarantine. */
export async function quarantine(t, fleet, keyPrefix) {
  const service = await startService(t, fleet, keyPrefix)
  await fleet.nodes[0].restart({ wipe: true })
  await service.prints(/^quarantined for \d+/)
}
