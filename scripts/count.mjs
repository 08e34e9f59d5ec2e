// Adds up what the suites left in packages/*/.jest/<kind>.json.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const reports = (kind) =>
  readdirSync(join(root, 'packages')).map((name) => ({
    report: join(root, 'packages', name, '.jest', `${kind}.json`),
    tests: join(root, 'packages', name, 'test', kind),
    name,
  }))

/** An old result must never be taken for a new one. */
export function forgetResults(kind) {
  for (const { report } of reports(kind)) rmSync(report, { force: true })
}

/** @returns {{ passed: number, failed: number, skipped: number }} */
export function countResults(kind, exitCode) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const { report, tests, name } of reports(kind)) {
    if (existsSync(report)) {
      const result = JSON.parse(readFileSync(report, 'utf8'))
      sum.passed += result.numPassedTests
      // A file that could not even be loaded has no tests to fail.
      sum.failed += result.numFailedTests + result.numRuntimeErrorTestSuites
      sum.skipped += result.numPendingTests + result.numTodoTests
    } else if (existsSync(tests)) {
      console.error(`✗ ${name}: the ${kind} tests left no result`)
      sum.failed += 1
    }
  }
  // For instance an afterAll that threw: jest fails, and no test does.
  if (exitCode !== 0 && sum.failed === 0) sum.failed = 1
  return sum
}
