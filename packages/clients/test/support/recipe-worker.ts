// Run as a process of its own by recipe-process.ts: one worker of a recipe, which tells on standard output what
// happens to it. It stops gracefully when its standard input ends; tests also kill it.
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
const tell = (event: string, more: object = {}): void => {
  console.log(JSON.stringify({ event, at: Date.now(), ...more }))
}
const clients = order.urls.map((url) => createClient({ url, disableOfflineQueue: true }))
for (const client of clients) client.on('error', () => undefined)
// Some nodes may be dead: a majority is enough, with the first one, which is the store of some roles.
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
        tell('elected', { token: String(leadership.token) })
        await aborted(signal)
        tell('ended')
      },
      { signal: stop.signal },
    )
  },
  async once() {
    const work = async (): Promise<string> => {
      tell('began')
      await (order.hang === true ? aborted(stop.signal) : sleep(50))
      return 'paid'
    }
    tell('outcome', await once(redlock, 'order-1', work, { wait: 10_000, retention: 60_000 }))
  },
  async scheduler() {
    const clock: Clock = { ...systemClock, wall: () => systemClock.wall() + (order.skew ?? 0) }
    const scheduler = new Scheduler(redlock, { clock })
    scheduler.every('tick', 500, (_, due) => tell('ran', { due: due.getTime() }), { lock: true })
    await aborted(stop.signal)
    tell('stopped', { clean: await scheduler.stop() })
  },
  async claim() {
    const jobs = Array.from({ length: 60 }, (_, index) => `job-${index}`)
    const work = async (job: string): Promise<void> => {
      tell('began', { job })
      await sleep(30)
      tell('worked', { job })
    }
    const report = await claimEach(redlock, jobs, work, {
      key: (job) => job,
      concurrency: 2,
      keep: 60_000,
      signal: stop.signal,
    })
    tell('report', { done: report.done.length, skipped: report.skipped.length })
  },
  async flight() {
    const value = await singleFlight<string>(redlock, 'page', {
      read: () => store.get('cache:page'),
      load: async () => {
        tell('loading')
        await (order.hang === true ? aborted(stop.signal) : sleep(100))
        return 'content'
      },
      write: (content) => store.set('cache:page', content),
    })
    tell('value', { value })
  },
  async rate() {
    const limiter = new RateLimiter(redlock, 'api', {
      limit: 25,
      window: 60_000,
      store: redisCounterStore(store),
    })
    let allowed = 0
    for (let count = 0; count < 20; count++) if ((await limiter.tryTake('user-1')).allowed) allowed++
    tell('taken', { allowed })
  },
  /** Stops as a whole, like a suspended machine, between the decision to write the counter and the write. */
  async rateStopped() {
    const stopping: NodeRedisLike = {
      async sendCommand(args) {
        const isWrite = args[0] !== 'PTTL' && args[0] !== 'GET'
        if (isWrite && order.hang === true) {
          tell('writing')
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
    tell('taken', outcome)
  },
}

tell('ready')
await roles[order.role]!()
await redlock.close()
for (const client of clients) client.destroy()
process.stdin.destroy()
