// One worker of the demo, as a process: node worker.ts <name> <folder> <url>…
import { connect } from '@quorumlock/clients'
import { recordHistory } from '@quorumlock/testing'
import { countersIn } from './counters.js'
import { work } from './work.js'

const [name, folder, ...urls] = process.argv.slice(2)
const controller = new AbortController()

process.on('message', () => controller.abort())
// The demo itself is gone.
process.on('disconnect', () => controller.abort())
// An interrupt from the terminal reaches all processes at once; the demo sends a message when it is time to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let lastSent = Promise.resolve()
const recorder = recordHistory(name!, (event) => {
  if (process.connected) lastSent = new Promise((resolve) => process.send!(event, () => resolve()))
})
const redlock = await connect(urls)
await work(redlock, countersIn(folder!), recorder, controller.signal)
await redlock.close()
// Messages in flight are lost when the channel closes.
await lastSent
if (process.connected) process.disconnect()
