// Adds up what the suites left in .jest/<kind>.json, of the packages and of the repository itself.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './run.mjs'

const owners = () => [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), '.']

const reports = (kind) =>
  owners().map((owner) => ({
    report: join(root, owner, '.jest', `${kind}.json`),
    tests: join(root, owner, 'test', kind),
    name: owner === '.' ? 'the repository' : basename(owner),
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
