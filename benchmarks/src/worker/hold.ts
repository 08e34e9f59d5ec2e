import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender, Held } from '../contenders/contender.js'
import type { HoldResult, HoldTask } from './task.js'

/** Acquired in portions, so that acquiring them does not become a load test. */
const PORTION = 200

export async function hold(contender: Contender, task: HoldTask): Promise<HoldResult> {
  const { locks, duration } = task
  const prefix = `bench:${randomBytes(6).toString('hex')}`
  const held: Held[] = []
  const memoryBefore = memoryInUse()
  const begin = performance.now()
  while (held.length < locks) {
    const portion = Array.from({ length: Math.min(PORTION, locks - held.length) }, (_, index) =>
      contender.acquire([`${prefix}:${held.length + index}`]),
    )
    held.push(...(await Promise.all(portion)))
  }
  const taken = performance.now() - begin
  const bytesPerLock = (memoryInUse() - memoryBefore) / locks

  const cpuBefore = process.cpuUsage()
  const since = performance.now()
  await sleep(duration)
  const observed = performance.now() - since
  const cpu = process.cpuUsage(cpuBefore)

  while (held.length > 0) await Promise.all(held.splice(0, PORTION).map((lock) => lock.release()))
  return { locks, taken, cpu: (cpu.user + cpu.system) / 1_000 / observed, bytesPerLock, duration: observed }
}

function memoryInUse(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
