// F4: BullMQ beside a lock: many jobs at once, but one at a time for each customer. The queue lives on one server and
// spreads the work; the lock lives on the quorum and outlives that server.
import assert from 'node:assert/strict'
import { DelayedError, type Job, Queue, QueueEvents, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { close, open, sleep, urls } from './open.js'

interface Bill {
  readonly customer: string
}

let running = 0
let mostAtOnce = 0
const busy = new Set<string>()
const overlaps: string[] = []
async function send({ customer }: Bill, signal: AbortSignal): Promise<void> {
  if (busy.has(customer)) overlaps.push(customer)
  busy.add(customer)
  mostAtOnce = Math.max(mostAtOnce, ++running)
  await sleep(30)
  running--
  busy.delete(customer)
  signal.throwIfAborted()
}

const url = urls[0]
if (url === undefined) {
  console.log('BullMQ needs a Redis server: name some in REDIS_URLS')
} else {
  // BullMQ asks for it: its workers wait for as long as the server is away.
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const queue = new Queue<Bill>('bills', { connection })
  const events = new QueueEvents('bills', { connection })
  await events.waitUntilReady()

  const workers = [open(), open()].map((redlock) => {
    const work = async (job: Job<Bill>, token?: string): Promise<void> => {
      const customer = `customer:${job.data.customer}`
      const outcome = await redlock.tryUsing(customer, (lock) => send(job.data, lock.signal))
      if (outcome.acquired) return
      // Back into the queue, so that this worker does something else meanwhile. It costs no attempt.
      await job.moveToDelayed(Date.now() + 50, token)
      throw new DelayedError()
    }
    return new Worker<Bill>('bills', work, { connection, concurrency: 4 })
  })

  const bills = ['a', 'b', 'c', 'a', 'b', 'a', 'a', 'c'].map((customer) => ({
    name: 'bill',
    data: { customer },
  }))
  const jobs = await queue.addBulk(bills)
  await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 20_000)))
  console.log(
    `${jobs.length} bills sent, ${mostAtOnce} at once, ${overlaps.length} twice to one customer at once`,
  )
  assert.deepEqual(overlaps, [])
  assert.ok(mostAtOnce > 1, 'customers do not wait for each other')

  await Promise.all(workers.map((worker) => worker.close()))
  await events.close()
  await queue.obliterate()
  await queue.close()
  connection.disconnect()
}
await close()
