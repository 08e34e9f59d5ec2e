// Started by recipe-process.ts as a separate process. One worker of a recipe, which reports its events on standard
// output. It stops gracefully when its standard input ends; tests also kill it.
import { createClient } from 'redis'
import { Redlock, systemClock, type Clock, type QuorumLockError } from '@quorumlock/core'
import {
  claimEach,
  LeaderElection,
  once,
  RateLimiter,
  redisCounterStore,
  Scheduler,
  singleFlight,
  type NodeRedisLike,
} from '@quorumlock/core/recipes'
import { nodeRedisNode } from '../../src/index.js'

interface Order {
  readonly role: string
  readonly urls: readonly string[]
  readonly hang?: boolean
  readonly skew?: number
}

const sleep = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time))
const order = JSON.parse(process.argv[2]!) as Order
const report = (event: string, more: object = {}): void => {
  console.log(JSON.stringify({ event, at: Date.now(), ...more }))
}
const clients = order.urls.map((url) => createClient({ url, disableOfflineQueue: true }))
for (const client of clients) client.on('error', () => undefined)
// Some nodes may be dead. A majority is enough, but must include the first node, which is the store of some roles.
for (const client of clients) client.connect().catch(() => undefined)
while (clients.filter((client) => client.isReady).length < 3 || !clients[0]!.isReady) await sleep(5)
const redlock = new Redlock({ nodes: clients.map((client) => nodeRedisNode(client)), ttl: 2_000 })
const stop = new AbortController()
process.stdin.on('end', () => stop.abort()).resume()

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
const store = clients[0]!

const roles: Record<string, () => Promise<void>> = {
  async leader() {
    const election = new LeaderElection(redlock, 'reports', { fencing: true })
    await election.run(
      async (signal, leadership) => {
        report('elected', { token: String(leadership.token) })
        await aborted(signal)
        report('ended')
      },
      { signal: stop.signal },
    )
  },
  async once() {
    const work = async (): Promise<string> => {
      report('began')
      await (order.hang === true ? aborted(stop.signal) : sleep(50))
      return 'paid'
    }
    report('outcome', await once(redlock, 'order-1', work, { wait: 10_000, retention: 60_000 }))
  },
  async scheduler() {
    const clock: Clock = { ...systemClock, wall: () => systemClock.wall() + (order.skew ?? 0) }
    const scheduler = new Scheduler(redlock, { clock })
    scheduler.every('tick', 500, (_, due) => report('ran', { due: due.getTime() }), { lock: true })
    await aborted(stop.signal)
    report('stopped', { clean: await scheduler.stop() })
  },
  async claim() {
    const jobs = Array.from({ length: 60 }, (_, index) => `job-${index}`)
    const work = async (job: string): Promise<void> => {
      report('began', { job })
      await sleep(30)
      report('worked', { job })
    }
    const outcome = await claimEach(redlock, jobs, work, {
      key: (job) => job,
      concurrency: 2,
      keep: 60_000,
      signal: stop.signal,
    })
    report('report', { done: outcome.done.length, skipped: outcome.skipped.length })
  },
  async flight() {
    const value = await singleFlight<string>(redlock, 'page', {
      read: () => store.get('cache:page'),
      load: async () => {
        report('loading')
        await (order.hang === true ? aborted(stop.signal) : sleep(100))
        return 'content'
      },
      write: (content) => store.set('cache:page', content),
    })
    report('value', { value })
  },
  async rate() {
    const limiter = new RateLimiter(redlock, 'api', {
      limit: 25,
      window: 60_000,
      store: redisCounterStore(store),
    })
    let allowed = 0
    for (let count = 0; count < 20; count++) if ((await limiter.tryTake('user-1')).allowed) allowed++
    report('taken', { allowed })
  },
  /** Stops the whole process, like a suspended machine, between the decision to write the counter and the write. */
  async rateStopped() {
    const stopping: NodeRedisLike = {
      async sendCommand(args) {
        const isWrite = args[0] !== 'PTTL' && args[0] !== 'GET'
        if (isWrite && order.hang === true) {
          report('writing')
          process.kill(process.pid, 'SIGSTOP')
        }
        return store.sendCommand(args)
      },
    }
    const limiter = new RateLimiter(redlock, 'api', {
      limit: 1,
      window: 60_000,
      ttl: 1_000,
      store: redisCounterStore(stopping),
    })
    const outcome = await limiter.tryTake('user-1').then(
      ({ allowed }) => ({ allowed }),
      (error: unknown) => ({ allowed: false, code: (error as QuorumLockError).code }),
    )
    report('taken', outcome)
  },
}

report('ready')
await roles[order.role]!()
await redlock.close()
for (const client of clients) client.destroy()
process.stdin.destroy()
