// C5: a background task that runs in one process at a time.
import assert from 'node:assert/strict'
import { LeaderElection } from '@quorumlock/core/recipes'
import { close, open, sleep } from './open.js'

let running = 0
let most = 0
const stop = new AbortController()
const singleton = async (signal: AbortSignal): Promise<void> => {
  most = Math.max(most, ++running)
  while (!signal.aborted) await sleep(10)
  running--
}
const elections = [open(), open(), open()].map((redlock) => new LeaderElection(redlock, 'consumer'))
const all = elections.map((election) => election.run(singleton, { signal: stop.signal }))
await sleep(200)
stop.abort()
await Promise.all(all)
assert.deepEqual([most, running], [1, 0])
await close()
