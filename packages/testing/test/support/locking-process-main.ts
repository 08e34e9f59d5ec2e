// A separate process that holds locks, started by locking-process.ts in one of its roles. It writes each message as one
// line of JSON, synchronously, because the event loop may be blocked.
import { writeSync } from 'node:fs'
import { connect } from '@quorumlock/clients'
import type { Redlock } from '@quorumlock/core'
import { machineNow } from '@quorumlock/testing'

const [role = '', address = '', ttl = ''] = process.argv.slice(2)
const resource = 'orders'
const send = (what: object): void => void writeSync(1, `${JSON.stringify(what)}\n`)

const redlock = await connect(address.split(','), { ttl: Number(ttl), fencing: true, nodeTimeout: 150 })

/** Spins until the clock jumps, as it does when the process is stopped and continued, or until the time is over. */
function standStill(since: number, forMs: number): void {
  for (let last = since; ; ) {
    const now = machineNow()
    if (now - last > Number(ttl) / 2 || now - since > forMs) return
    last = now
  }
}

async function hold(standing: (since: number) => void): Promise<void> {
  const lock = await redlock.acquire(resource)
  const token = String(lock.token)
  // The machine may run something else between any two readings, so the truth is between the two sums.
  const [read, left, readAt] = [machineNow(), lock.remaining(), machineNow()]
  const [validUntil, atMost] = [read + left, readAt + left]
  // Before the message is sent, because the process may be stopped as soon as it arrives.
  const since = machineNow()
  send({ token, validUntil, held: lock.held })
  standing(since)
  // The first instructions afterwards: no timer has fired, and no reply has been read.
  const [held, from, remaining, at] = [lock.held, machineNow(), lock.remaining(), machineNow()]
  const refused = codeOf(() => lock.assertHeld())
  const extended = await lock.extend().then(() => 'extended', code)
  const aborted = lock.signal.aborted
  const released = await lock.release()
  send({ token, held, remaining, refused, extended, aborted, from, at, validUntil, atMost, released })
  await redlock.close()
}

const roles: Readonly<Record<string, (locks: Redlock) => Promise<void>>> = {
  /** Is stopped from outside, for any time. */
  'is stopped': () => hold((since) => standStill(since, 60_000)),
  'blocks its event loop past the TTL': () => hold((since) => standStill(since, Number(ttl) * 1.3)),
  'blocks its event loop for a moment': () => hold((since) => standStill(since, Number(ttl) * 0.3)),
  'exits without release': async (locks) => {
    await locks.acquire(resource)
    send({})
    process.exit(0)
  },
  'dies of an unhandled failure': async (locks) => {
    await locks.acquire(resource)
    send({})
    void Promise.reject(new Error('an unhandled failure'))
  },
  'closes with waiters': async (locks) => {
    const waits = [locks.acquire(resource), locks.acquire(resource), locks.using(resource, () => undefined)]
    const outcomes = Promise.all(waits.map((wait) => wait.then(() => 'acquired', code)))
    send({})
    await new Promise((resolve) => process.stdin.once('data', resolve))
    process.stdin.destroy()
    await locks.close()
    send({ outcomes: await outcomes })
  },
  /** Acquires and releases as fast as it can, while nodes do not respond. */
  'works hard': async (locks) => {
    const rounds = async (count: number): Promise<number> => {
      const lane = async (name: string): Promise<void> => {
        for (let round = 0; round < count / 10; round++) await locks.using(name, () => undefined)
      }
      await Promise.all(Array.from({ length: 10 }, (_, index) => lane(`job-${index}`)))
      ;(globalThis as unknown as { gc(): void }).gc()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    await rounds(1_000)
    send({})
    await new Promise((resolve) => process.stdin.once('data', resolve))
    process.stdin.destroy()
    const before = await rounds(1_000)
    const after = await rounds(4_000)
    send({ before, after })
    await locks.close()
  },
}

function code(error: unknown): string {
  return (error as { readonly code?: string }).code ?? String(error)
}

function codeOf(act: () => void): string {
  try {
    act()
    return 'none'
  } catch (error) {
    return code(error)
  }
}

const act = roles[role]
if (act === undefined) throw new Error(`No such role: ${role}`)
await act(redlock)
