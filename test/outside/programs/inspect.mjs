// Logs the result of inspect() for a lock with a holder and a waiter.
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const redlock = await connect(urls)
const others = await connect(urls)
const lock = await redlock.acquire('order:42', { fencing: true })
const next = others.acquire('order:42', { fencing: true })
let seen
do seen = await redlock.inspect('order:42')
while (seen.waiters === 0)
const text = JSON.stringify(seen)
console.log(text)
await lock.release()
const { value, token } = await next
const values = { holder: lock.value, waiter: value }
for (const [role, secret] of Object.entries(values)) {
  console.log(`${role}: ${text.includes(secret) ? 'value shown' : 'value not shown'}`)
}
console.log(`token: ${typeof token}`)
await redlock.close()
await others.close()
