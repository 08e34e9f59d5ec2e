import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { Finding } from './report/result.js'

/** Above it, other programs had their share of the machine while we measured. */
const SPREAD_TOLERATED = 0.25
const LOAD_TOLERATED = 0.3

/** Bare commands do the same in every round: where their figures scatter, it is the machine. */
export function disturbances(foreignLoad: number, { rows }: Finding): string[] {
  const found: string[] = []
  if (foreignLoad > LOAD_TOLERATED) {
    found.push(`Other programs kept ${foreignLoad.toFixed(1)} processes per core waiting or running`)
  }
  for (const { name, kind, values } of rows) {
    const { rate } = values
    if (kind !== 'floor' || typeof rate !== 'object' || rate.spread <= SPREAD_TOLERATED) continue
    found.push(`The rounds of ${name} scatter by ${Math.round(rate.spread * 100)} %`)
  }
  return found
}

/** What is going on beside us: processes that want to run, for each core. Only of use while we do nothing. */
export async function foreignLoad(): Promise<number> {
  let most = Infinity
  // What has just ended still counts in the mean of the last minute; the number that runs at this moment does not.
  for (let look = 0; look < 5; look++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    most = Math.min(most, runningNow())
  }
  return most / cpus().length
}

function runningNow(): number {
  try {
    const [, running] = /(\d+)\/\d+/.exec(readFileSync('/proc/loadavg', 'utf8')) ?? []
    // One of them is this process, which looks.
    return Math.max(0, Number(running) - 1)
  } catch {
    return loadavg()[0]!
  }
}
