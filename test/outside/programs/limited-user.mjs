// Logs in as a user with limited permissions, and waits for a lock indefinitely.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const redlock = await connect(urls, { username: 'locker', password: 'secret' })
try {
  await redlock.using('order:42', { wait: Infinity }, () => console.log('held'))
} catch (error) {
  console.log(`${error.name} ${error.code}: ${error.message}`)
}
await redlock.close()
