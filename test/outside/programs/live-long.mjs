// A service that has used the nodes for a while: all of them vote, and it notices when one restarts empty. Its longest
// TTL is five minutes, and it gives no node back what it forgot, so that such a node stays in quarantine for a while.
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const [keyPrefix = 'lock:'] = process.argv.slice(2)
const redlock = await connect(urls, { keyPrefix, restore: false })
do {
  await redlock.using('service', { ttl: 2_000 }, () => pause(100))
} while (!redlock.health().every(({ state, guarded }) => state === 'up' && guarded))
await redlock.using('service', { ttl: 300_000 }, () => pause(100))
console.log('serving')

for (;;) {
  await redlock.tryUsing('service', () => pause(20)).catch((error) => console.error(error.message))
  const away = redlock.health().filter(({ quarantine }) => quarantine !== undefined)
  for (const { quarantine } of away) console.log(`quarantined for ${quarantine} ms`)
  await pause(100)
}
