// Started by tokens.test.ts as a separate process. Draws tokens with a clock that is wrong by hours, and reports every
// grant as `resource token began ended`, in nanoseconds of the monotonic clock that all processes share.
import { createClient } from 'redis'
import { Redlock, systemClock, type Clock } from '@quorumlock/core'
import { nodeRedisNode } from '../../src/index.js'
import type { TokenOrder } from './token-process.js'

const { urls, skew, grants, resources } = JSON.parse(process.argv[2]!) as TokenOrder
const clock: Clock = { ...systemClock, wall: () => systemClock.wall() + skew }
const clients = urls.map((url) =>
  createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } }),
)
for (const client of clients) client.on('error', () => undefined)
await Promise.all(clients.map((client) => client.connect()))
const redlock = new Redlock({
  nodes: clients.map((client) => nodeRedisNode(client)),
  clock,
  fencing: true,
  autoExtend: false,
  ttl: 1_000,
  nodeTimeout: 400,
})

let granted = 0
let lines: string[] = []
const flush = (): void => {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  lines = []
}

async function draw(worker: number): Promise<void> {
  for (let turn = worker; granted < grants; turn++) {
    const resource = `r${turn % resources}`
    const began = process.hrtime.bigint()
    const lock = await redlock.tryAcquire(resource).catch(() => null)
    if (lock === null) continue
    granted++
    lines.push(`${resource} ${lock.token} ${began} ${process.hrtime.bigint()}`)
    if (lines.length >= 500) flush()
    await lock.release()
  }
}

await Promise.all(Array.from({ length: 40 }, (_, worker) => draw(worker)))
flush()
await redlock.close()
for (const client of clients) client.destroy()
