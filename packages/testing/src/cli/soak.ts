import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { startFleet } from '../faulty-fleet/start-fleet.js'
import type { FleetOptions } from '../fleet/options.js'
import { renderReport } from '../report/report.js'
import { runWorkload } from '../workload/run-workload.js'

const SIGNS = { valid: '✓', violated: '✗', unknown: '?' } as const

export interface SoakOptions extends FleetOptions {
  readonly minutes: number
  readonly seed: number
  readonly clients: number
  readonly mode: 'minority' | 'anything'
  /** The file for the report. */
  readonly report?: string | undefined
  /** A module that exports `openLocks`; this library's locks by default. */
  readonly adapter?: string | undefined
}

/** Runs locks under a nemesis. Resolves with whether every check held. */
export async function soak(options: SoakOptions, print: (line: string) => void): Promise<boolean> {
  const { minutes, seed, clients, mode, report, adapter, ...fleetOptions } = options
  const fleet = await startFleet(fleetOptions)
  try {
    print(`${minutes} min with ${clients} clients on ${fleet.nodes.length} ${fleet.backend}, seed ${seed}`)
    const result = await runWorkload({
      fleet,
      seed,
      clients,
      lasting: minutes * 60_000,
      nemesis: { mode },
      adapter: adapter === undefined ? ownAdapter() : pathToFileURL(adapter).href,
    })
    for (const { check, outcome, checked, violations } of result.verdicts) {
      print(`${SIGNS[outcome]} ${check}: ${outcome}, ${checked} checked`)
      for (const violation of violations) print(`    ${violation}`)
    }
    const again = `soak --minutes ${minutes} --seed ${seed} --clients ${clients} --mode ${mode}`
    print(`${result.incidents.length} faults. Repeat with: quorumlock-testing ${again}`)
    if (report !== undefined) {
      writeFileSync(report, renderReport(result))
      print(`Report: ${report}`)
    }
    return result.isValid
  } finally {
    await fleet.dispose()
  }
}

function ownAdapter(): string {
  const isSource = import.meta.url.endsWith('.ts')
  const file = isSource ? '../workload/adapters/quorumlock.ts' : './quorumlock-adapter.js'
  return new URL(file, import.meta.url).href
}
