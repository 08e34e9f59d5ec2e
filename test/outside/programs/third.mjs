// A separate process that tries to acquire a lock, with a wait long enough for a busy machine.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const [resource, wait] = process.argv.slice(2)
const redlock = await connect(urls)
try {
  await redlock.using(resource, { wait: Number(wait) }, () => console.log('got in'))
} catch (error) {
  console.log(`stayed out: ${error.code}`)
}
await redlock.close()
