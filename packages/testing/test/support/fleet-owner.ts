// Run as a separate process by owner.ts: starts a fleet, freezes its first node and waits to be killed.
import { startFleet, type FleetBackend } from '@quorumlock/testing'

const fleet = await startFleet({ backend: process.argv[2] as FleetBackend, nodes: 3 })
await fleet.nodes[0]?.pause()
console.log(JSON.stringify(fleet.nodes.map((node) => node.directPort)))
setInterval(() => undefined, 60_000)
