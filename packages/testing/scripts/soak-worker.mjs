// Runs the seeds that it is given, one after another, and tells of each batch.
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { compiled } from './compiled.mjs'

// Refusals are errors by the thousand, and nobody reads where they were made.
Error.stackTraceLimit = 0

const { simulate } = await import(compiled('simulate'))

process.on('message', async ({ from, to, world }) => {
  const marks = {}
  const violations = []
  let attempts = 0
  let rounds = 0
  const began = process.cpuUsage()
  for (let seed = from; seed < to; seed++) {
    const report = await simulate({ seed, world })
    attempts += report.attempts
    rounds += report.rounds
    for (const mark of report.marks) marks[mark] = (marks[mark] ?? 0) + 1
    if (report.violation !== undefined) violations.push({ seed, ...report.violation })
    // Signals and messages are heard in between.
    await setImmediate()
  }
  const { user, system } = process.cpuUsage(began)
  process.send({ seeds: to - from, attempts, rounds, cpu: (user + system) / 1e6, marks, violations })
})
process.on('disconnect', () => process.exit())
