import type { Entry } from '../contenders/contender.js'
import { fairness, median } from '../statistics.js'
import { Worker } from '../worker/crew.js'
import { steadyNow } from '../worker/steady-clock.js'
import type { Section } from '../worker/task.js'
import type { Context } from './context.js'
import { serverCalls } from './server-calls.js'

export const WAITERS = 16
export const SECTION = 5
/** Sections of each waiter before the measurement, and how long they may take, milliseconds. */
const WARM_UP = 100
const WARM_UP_LIMIT = 3_000

export interface Contention {
  readonly processes: number
  /** Total time as a multiple of all sections without gaps. */
  readonly total: number
  /** Longest wait as a multiple of the sections of all other waiters. */
  readonly longestWait: number
  readonly longestWaitMs: number
  /** Jain's index of the sections that each waiter had completed when the first waiter finished. */
  readonly fairness: number
  /** Median time from the end of a section to the start of the next, milliseconds. */
  readonly gap: number
  readonly commandsPerSection: number
  readonly violations: number
  /** Sections that did not start within the time limit. */
  readonly missing: number
}

/** 16 waiters in one or in four processes acquire the same resource repeatedly and hold it for 5 ms each time. */
export async function contention(
  context: Context,
  entry: Entry,
  processes: number,
  sections: number,
  limit: number,
): Promise<Contention> {
  const { fleet, urls } = context
  const workers = await Worker.startAll(entry, urls, processes)
  try {
    // Before the clock starts: connections, scripts, subscriptions, and compiled code.
    await contend(workers, WARM_UP, 0, WARM_UP_LIMIT)
    const callsBefore = await serverCalls(fleet, entry.sends)
    const done = await contend(workers, sections, SECTION, limit)
    const calls = (await serverCalls(fleet, entry.sends)) - callsBefore
    return { processes, ...judged(done, calls, WAITERS * sections) }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()))
  }
}

async function contend(
  workers: readonly Worker[],
  sections: number,
  section: number,
  limit: number,
): Promise<Section[]> {
  const waiters = WAITERS / workers.length
  const task = {
    kind: 'contend',
    resource: `bench:contention:${process.hrtime.bigint()}`,
    section,
    startAt: steadyNow() + 100,
    waiters,
    sections,
    limit,
  } as const
  const parts = await Promise.all(workers.map((worker) => worker.perform(task, limit)))
  return parts.flatMap((part, index) =>
    part.map((section) => ({ ...section, waiter: index * waiters + section.waiter })),
  )
}

function judged(all: readonly Section[], calls: number, wanted: number): Omit<Contention, 'processes'> {
  const done = all.filter(({ left }) => left < Infinity).sort((a, b) => a.entered - b.entered)
  const waiting = all.filter(({ left }) => left === Infinity)
  const begin = Math.min(...all.map((section) => section.wanted))
  const end = Math.max(...done.map(({ left }) => left))
  const section = done.reduce((sum, { entered, left }) => sum + left - entered, 0) / done.length
  const waits = [...done.map((one) => one.entered - one.wanted), ...waiting.map((one) => end - one.wanted)]
  const longest = Math.max(...waits)
  const gaps = done.slice(1).map((next, index) => next.entered - done[index]!.left)
  return {
    total: (end - begin) / (done.length * section),
    longestWait: longest / ((WAITERS - 1) * section),
    longestWaitMs: longest,
    fairness: fairness(sharesWhileAllWanted(done)),
    gap: median(gaps),
    commandsPerSection: calls / done.length,
    violations: gaps.filter((gap) => gap < 0).length,
    missing: wanted - done.length,
  }
}

function sharesWhileAllWanted(done: readonly Section[]): number[] {
  const last = new Map<number, number>()
  for (const { waiter, left } of done) last.set(waiter, left)
  const firstThrough = Math.min(...last.values())
  const shares = new Array<number>(WAITERS).fill(0)
  for (const { waiter, left } of done) if (left <= firstThrough) shares[waiter]!++
  return shares
}
