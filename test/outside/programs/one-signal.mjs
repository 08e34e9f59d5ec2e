// A server that is shutting down: fifty acquires share one signal.
import { setImmediate } from 'node:timers'
import { connect } from '@quorumlock/clients'
import { urls } from './opened.mjs'

const redlock = await connect(urls)
const lock = await redlock.acquire('order:42')
const shutdown = new AbortController()
const waits = Array.from({ length: 50 }, () =>
  redlock.acquire('order:42', { signal: shutdown.signal, wait: Infinity }),
)
const free = Array.from({ length: 50 }, (_, index) =>
  redlock.acquire(`other:${index}`, { signal: shutdown.signal }),
)
await Promise.all(free)
setImmediate(() => shutdown.abort(new Error('shutting down')))
const settled = await Promise.allSettled(waits)
console.log(settled.filter(({ reason }) => reason?.message === 'shutting down').length)
console.log(await lock.release())
await redlock.close()
