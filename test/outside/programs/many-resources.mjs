// Locks the given number of resources in one call.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const [count] = process.argv.slice(2)
const redlock = await connect(urls)
try {
  const resources = Array.from({ length: Number(count) }, (_, index) => `row:${index}`)
  await redlock.using(resources, () => console.log('held'))
} catch (error) {
  console.log(`${error.constructor.name}: ${error.message}`)
}
await redlock.close()
