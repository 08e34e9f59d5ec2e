// A rate limiter without a store, which would count in this process only.
import { connect } from '@quorumlock/clients'
import { RateLimiter } from '@quorumlock/core/recipes'
import { urls } from './opened.mjs'

const redlock = await connect(urls)
try {
  new RateLimiter(redlock, 'api', { limit: 100, window: 60_000 })
  console.log('accepted')
} catch (error) {
  console.log(`${error.name}: ${error.message}`)
}
await redlock.close()
