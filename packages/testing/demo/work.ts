import { setTimeout as sleep } from 'node:timers/promises'
import { LockLostError, QuorumLockError, type Redlock } from '@quorumlock/core'
import { now, type Hear } from './events.js'
import type { Register } from './register.js'

export const ttl = 2_000

export const names: readonly string[] = ['order:42', 'stock:7']

/** One of the resources, and now and then all of them at once. */
function choose(): readonly string[] {
  const all = Math.random() < 0.2
  return all ? names : [names[Math.floor(Math.random() * names.length)]!]
}

/** Takes locks, one after another, and counts under each: read, sleep, write back. */
export async function work(
  redlock: Redlock,
  register: Register,
  hear: Hear,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const resources = choose()
    const asked = now()
    hear({ kind: 'waiting', at: asked, resources })
    try {
      const lock = await redlock.acquire(resources, { ttl, wait: 15_000, fencing: true, signal })
      const token = String(lock.token)
      hear({
        kind: 'entered',
        at: now(),
        resources,
        token,
        waited: now() - asked,
        remaining: lock.remaining(),
      })
      const read = resources.map((resource) => register.read(resource))
      await sleep(120 + Math.random() * 380)
      // At the last moment before the write: the token check of the register stands behind it.
      const wrote = lock.held
        ? resources.map((name, i) => register.write(name, read[i]! + 1, lock.token!))
        : []
      const at = now()
      const lost = !lock.held
      const outcome = await lock.release()
      hear({ kind: 'left', at, resources, token, wrote, outcome: lost ? 'lost' : outcome })
    } catch (error) {
      if (signal.aborted) return
      hear({ kind: 'failed', at: now(), resources, why: said(error) })
      await sleep(200)
    }
    await sleep(Math.random() * 60)
  }
}

function said(error: unknown): string {
  if (error instanceof LockLostError) return 'lock lost'
  if (error instanceof QuorumLockError) return error.code
  return String(error)
}
