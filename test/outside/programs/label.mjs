// Holds a lock with the given label until the next line of input.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { nextLine } from './next-line.mjs'

const [resource, label] = process.argv.slice(2)
const redlock = await connect(urls, { label })
await redlock.using(resource, async () => {
  console.log('held')
  await nextLine()
})
await redlock.close()
