import { setImmediate } from 'node:timers/promises'
import { reduce, replayCommand } from '../../../src/simulator/reduce.js'
import { simulate, type SimulationOptions, type SimulationReport } from '../../../src/simulator/simulate.js'

type Options = Omit<SimulationOptions, 'seed'>

const MOST_VIOLATIONS = 3

/** Runs seeds one after another until `goesOn` returns false. */
export async function runSeeds(
  from: number,
  count: number,
  options: Options,
  goesOn: (report: SimulationReport) => boolean,
): Promise<void> {
  // Refusals are thousands of errors, whose stack traces are not needed.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    for (let seed = from; seed < from + count; seed++) {
      if (!goesOn(await simulate({ ...options, seed }))) return
      // Simulated time leaves no room for real timers, so those of the test runner get their turn here.
      await setImmediate()
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The violations of this many seeds, each reduced and with the command that repeats it, and all marks reached. */
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

/** The first flagged seed of this many. */
export async function firstFlagged(count: number, options: Options): Promise<SimulationReport | undefined> {
  let flagged: SimulationReport | undefined
  await runSeeds(1, count, options, (report) => {
    if (report.violation !== undefined) flagged = report
    return flagged === undefined
  })
  return flagged
}
