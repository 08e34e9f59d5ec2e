// B2: renewal at a third of the TTL; here its rounds are watched.
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { CHANNELS, type ExtendTrace } from '@quorumlock/core'
import { close, open, sleep } from './open.js'

let renewals = 0
subscribe(`tracing:${CHANNELS.extend}:asyncEnd`, (trace) => {
  if ((trace as ExtendTrace).outcome === 'renewed') renewals++
})
await open().acquire('import', { ttl: 600 })
await sleep(1_100)
assert.ok(renewals >= 3 && renewals <= 7, `renewed ${renewals} times`)
await close()
