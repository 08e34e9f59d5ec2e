// A service that has used the nodes for long: all of them vote, and it notices when one comes back empty. Its longest
// TTL is five minutes, so that such a node stays in quarantine for longer than any story lasts.
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const [keyPrefix = 'lock:'] = process.argv.slice(2)
const redlock = await connect(urls, { keyPrefix })
for (let votes = []; !votes.length || votes.some(({ vote }) => vote !== 'granted'); await pause(100)) {
  await redlock.using('service', { ttl: 2_000 }, (lock) => {
    votes = lock.votes
  })
}
await redlock.using('service', { ttl: 300_000 }, () => console.log('serving'))
for (;;) {
  await redlock.tryUsing('service', () => pause(20))
  const away = redlock.health().filter(({ state }) => state === 'quarantined')
  for (const { quarantine } of away) console.log(`quarantined for ${quarantine} ms`)
  await pause(100)
}
