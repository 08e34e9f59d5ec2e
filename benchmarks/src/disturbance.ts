import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { Finding } from './report/result.js'

/** Above these, other programs took part of the machine during the measurement. */
const SPREAD_TOLERATED = 0.25
const LOAD_TOLERATED = 0.3

/** Bare commands do the same work in every round, so if their figures vary, the machine is the cause. */
export function disturbances(foreignLoad: number, { rows }: Finding): string[] {
  const found: string[] = []
  if (foreignLoad > LOAD_TOLERATED) {
    found.push(`Other programs had ${foreignLoad.toFixed(1)} processes per core running or waiting`)
  }
  for (const { name, kind, values } of rows) {
    const { rate } = values
    if (kind !== 'floor' || typeof rate !== 'object' || rate.spread <= SPREAD_TOLERATED) continue
    found.push(`The rounds of ${name} vary by ${Math.round(rate.spread * 100)} %`)
  }
  return found
}

/** How many processes of other programs are ready to run, per core. Meaningful only while the benchmark is idle. */
export async function foreignLoad(): Promise<number> {
  let fewest = Infinity
  // The mean of the last minute would still count what has just ended; the number running now does not.
  for (let sample = 0; sample < 5; sample++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    fewest = Math.min(fewest, runningNow())
  }
  return fewest / cpus().length
}

function runningNow(): number {
  try {
    const [, running] = /(\d+)\/\d+/.exec(readFileSync('/proc/loadavg', 'utf8')) ?? []
    // One of them is this process.
    return Math.max(0, Number(running) - 1)
  } catch {
    return loadavg()[0]!
  }
}
