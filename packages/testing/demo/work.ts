import { setTimeout as sleep } from 'node:timers/promises'
import { LockLostError, QuorumLockError, type Lock, type Redlock } from '@quorumlock/core'
import { machineNow, type Recorder } from '@quorumlock/testing'
import type { Counters } from './counters.js'

const ttl = 2_000

export const resourceNames: readonly string[] = ['order:42', 'stock:7']

/** Acquires locks, one after another, and counts under each: read, sleep, write back. */
export async function work(
  redlock: Redlock,
  counters: Counters,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const resources = choose()
    // A lock on several resources is one hold of each.
    const attempts = resources.map(() => recorder.attempt())
    const record = (what: Parameters<Recorder['record']>[1]): void =>
      attempts.forEach((attempt) => recorder.record(attempt, what))
    attempts.forEach((attempt, i) => recorder.record(attempt, { kind: 'asked', resource: resources[i]! }))
    try {
      const lock = await redlock.acquire(resources, { ttl, wait: 15_000, fencing: true, signal })
      const validUntil = machineNow() + lock.remaining()
      record({ kind: 'acquired', validUntil, token: String(lock.token) })
      const hasWritten = await countUnder(lock, counters, resources)
      record(hasWritten ? { kind: 'wrote' } : { kind: 'lost', error: 'not held any longer' })
      record({ kind: 'releasing' })
      await lock.release()
      record({ kind: 'released' })
    } catch (error) {
      if (signal.aborted) return
      record({ kind: 'failed', error: reasonOf(error) })
      await sleep(200)
    }
    await sleep(Math.random() * 60)
  }
}

/** One of the resources, or sometimes all of them at once. */
function choose(): readonly string[] {
  const all = Math.random() < 0.2
  return all ? resourceNames : [resourceNames[Math.floor(Math.random() * resourceNames.length)]!]
}

async function countUnder(lock: Lock, counters: Counters, resources: readonly string[]): Promise<boolean> {
  const values = resources.map((resource) => counters.read(resource))
  await sleep(120 + Math.random() * 380)
  // Checked immediately before the write; the token check of the counter is the second line of defence.
  return lock.held && resources.every((name, i) => counters.write(name, values[i]! + 1, lock.token!))
}

function reasonOf(error: unknown): string {
  if (error instanceof LockLostError) return 'lock lost'
  if (error instanceof QuorumLockError) return error.code
  return String(error)
}
