// Passes a lock on as a string, as through a message queue.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const giver = await connect(urls)
const receiver = await connect(urls)

const message = JSON.stringify(await giver.acquire('job'))
const lock = await receiver.resume(message)
lock.assertHeld()
console.log(await lock.release())

await receiver
  .resume('{"resources":["job"],"value":"my-secret-value"')
  .catch((error) => console.log(error.message))
await giver.close()
await receiver.close()
