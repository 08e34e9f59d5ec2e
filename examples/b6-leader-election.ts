// B6: one leader among all processes.
import assert from 'node:assert/strict'
import { LeaderElection } from '@quorumlock/core/recipes'
import { close, open } from './open.js'

const [first, second] = [open(), open()].map(
  (redlock) => new LeaderElection(redlock, 'reports', { ttl: 5_000 }),
)
assert.ok(first && second)
const leadership = await first.campaign()
const next = second.campaign()
assert.ok(first.isLeader && !second.isLeader)

await leadership.resign()
assert.ok(leadership.signal.aborted)
await next
assert.ok(second.isLeader)
await close()
