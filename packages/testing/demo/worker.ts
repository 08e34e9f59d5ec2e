// One worker of the demo, as a process: node worker.ts <folder> <url>…
import { connect } from '@quorumlock/clients'
import type { WorkerEvent } from './events.js'
import { fileRegister } from './register.js'
import { work } from './work.js'

const [folder, ...urls] = process.argv.slice(2)
const controller = new AbortController()
const hear = (event: WorkerEvent): void => {
  if (process.connected) process.send!(event)
}

process.on('message', () => controller.abort())
// The demo itself is gone: nobody looks any more.
process.on('disconnect', () => controller.abort())
// An interrupt from the terminal reaches all processes at once; the demo tells us when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const redlock = await connect(urls)
hear({ kind: 'ready' })
await work(redlock, fileRegister(folder!), hear, controller.signal)
await redlock.close()
if (process.connected) process.disconnect()
