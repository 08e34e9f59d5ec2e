import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineNow, type Recorder } from '../history/history.js'
import { SeededRandom } from '../random/seeded-random.js'
import type { AdapterLock, LockAdapter } from './adapter.js'
import type { ClientTask } from './messages.js'

/** Acquires locks, works under them and releases them, until `stop` aborts. */
export async function work(
  task: ClientTask,
  locks: LockAdapter,
  history: Recorder,
  stop: AbortSignal,
): Promise<void> {
  const random = new SeededRandom(task.seed, 'client')
  while (!stop.aborted) {
    const resource = random.pick(task.resources)
    const attempt = history.attempt()
    history.record(attempt, { kind: 'asked', resource })
    try {
      const lock = await locks.acquire(resource)
      if (lock === null) history.record(attempt, { kind: 'failed', error: 'held by another client' })
      else await section(lock, attempt, resource, random.whole(0, task.section))
    } catch (error) {
      history.record(attempt, { kind: 'failed', error: nameOf(error) })
    }
    await pause(random.whole(0, task.pause))
  }

  async function section(lock: AdapterLock, attempt: string, resource: string, ms: number): Promise<void> {
    const { token, validUntil } = lock
    history.record(attempt, {
      kind: 'acquired',
      validUntil,
      ...(token !== undefined && { token: String(token) }),
    })
    const file = join(task.folder, resource)
    const before = Number(readFileSync(file, 'utf8'))
    await pause(ms)
    // The lock may have been renewed in the meantime, so its current deadline counts.
    if (lock.validUntil > validUntil)
      history.record(attempt, { kind: 'extended', validUntil: lock.validUntil })
    if (lock.validUntil > machineNow()) {
      writeFileSync(file, String(before + 1))
      history.record(attempt, { kind: 'wrote' })
    } else history.record(attempt, { kind: 'lost', error: 'no longer held' })
    history.record(attempt, { kind: 'releasing' })
    await lock.release()
    history.record(attempt, { kind: 'released' })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error)
}
