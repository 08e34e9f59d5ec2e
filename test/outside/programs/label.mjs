// Holds a lock under a label of its choice until it is told to go on.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'
import { told } from './told.mjs'

const [resource, label] = process.argv.slice(2)
const redlock = await connect(urls, { label })
await redlock.using(resource, async () => {
  console.log('held')
  await told()
})
await redlock.close()
