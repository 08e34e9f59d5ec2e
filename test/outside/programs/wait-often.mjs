// Waits for one lock the given number of times concurrently, and holds it briefly each time.
import { setTimeout as work } from 'node:timers/promises'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const [resource, times] = process.argv.slice(2)
const redlock = await connect(urls)
const waits = Array.from({ length: Number(times) }, () =>
  redlock.using(resource, { wait: Infinity }, () => {
    console.log(`held at ${Date.now()}`)
    return work(1)
  }),
)
await Promise.all(waits)
await redlock.close()
