import { setImmediate } from 'node:timers/promises'
import { reduce, replayCommand } from '../../../src/simulator/reduce.js'
import { simulate, type SimulationOptions, type SimulationReport } from '../../../src/simulator/simulate.js'

type Options = Omit<SimulationOptions, 'seed'>

const MOST_VIOLATIONS = 3

/** Runs seeds one after another until `goesOn` has had enough. */
export async function runSeeds(
  from: number,
  count: number,
  options: Options,
  goesOn: (report: SimulationReport) => boolean,
): Promise<void> {
  // Refusals are errors by the thousand, and nobody reads where they were made.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    for (let seed = from; seed < from + count; seed++) {
      if (!goesOn(await simulate({ ...options, seed }))) return
      // Simulated time leaves no room for real timers: those of the test runner get their turn here.
      await setImmediate()
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** What went wrong in so many seeds, each with the command that shows it again, made small; and every mark that was reached. */
export async function violationsOf(
  from: number,
  count: number,
  options: Options = {},
): Promise<{ violations: string[]; marks: Set<string> }> {
  const failed: SimulationReport[] = []
  const marks = new Set<string>()
  await runSeeds(from, count, options, (report) => {
    for (const mark of report.marks) marks.add(mark)
    if (report.violation !== undefined) failed.push(report)
    return failed.length < MOST_VIOLATIONS
  })
  const violations: string[] = []
  for (const { seed, violation } of failed) {
    const failing = { ...options, seed }
    const { changes } = await reduce(failing)
    violations.push(`${violation?.kind}: ${violation?.what}\n  ${replayCommand(failing, changes)}`)
  }
  return { violations, marks }
}

/** The first seed of so many that is flagged. */
export async function firstFlagged(count: number, options: Options): Promise<SimulationReport | undefined> {
  let flagged: SimulationReport | undefined
  await runSeeds(1, count, options, (report) => {
    if (report.violation !== undefined) flagged = report
    return flagged === undefined
  })
  return flagged
}
