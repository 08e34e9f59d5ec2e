import { randomBytes } from 'node:crypto'
import type { Contender } from '../contenders/contender.js'
import { quantile } from '../statistics.js'
import type { CyclesResult, CyclesTask, Latency } from './task.js'

/** Resources are reused, as in production, so that counters that outlive a lock do not fill the servers. */
const KEYS = 10_000
const PREFIX = `bench:${randomBytes(6).toString('hex')}`

export async function cycles(contender: Contender, task: CyclesTask): Promise<CyclesResult> {
  const { parallel, duration, most, limit, resources } = task
  const acquires: number[] = []
  const wholes: number[] = []
  let failures = 0
  let failure: string | undefined
  let started = 0
  let inFlight = 0

  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  const lane = async (): Promise<void> => {
    while (started < most && performance.now() - begin < duration) {
      const names = namesOf(started++ % KEYS, resources)
      inFlight++
      const from = performance.now()
      try {
        const held = await contender.acquire(names)
        const got = performance.now()
        await held.release()
        acquires.push(got - from)
        wholes.push(performance.now() - from)
      } catch (error) {
        failures++
        failure ??= String(error)
      }
      inFlight--
    }
  }
  const all = Promise.all(Array.from({ length: parallel }, lane))
  await Promise.race([all, limitOf(limit)])
  const elapsed = performance.now() - begin
  const cpu = process.cpuUsage(cpuBefore)
  return {
    cycles: wholes.length,
    elapsed,
    cpu: (cpu.user + cpu.system) / 1_000,
    acquire: latencyOf(acquires),
    cycle: latencyOf(wholes),
    stuck: inFlight,
    failures,
    failure,
  }
}

function namesOf(number: number, resources: number): string[] {
  if (resources === 1) return [`${PREFIX}:${number}`]
  return Array.from({ length: resources }, (_, index) => `${PREFIX}:${number}:${index}`)
}

function latencyOf(values: readonly number[]): Latency {
  return { median: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) }
}

function limitOf(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
