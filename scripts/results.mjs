// A suite is all tests of one kind in a package, or in the repository itself. It writes its results to .jest/<kind>.json
// (turbo restores the file of a cached run); this module reads, sums and prints them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from './root.mjs'

/**
 * @typedef {{ name: string, reason: string }} Failure
 * @typedef {{ passed: number, skipped: number, failures: Failure[] }} Results
 */

const shownLines = 12

const fileOf = (owner, kind) => join(owner, '.jest', `${kind}.json`)

/** The folders that have suites: the packages and the repository itself. */
const ownersIn = (home) => [
  ...readdirSync(join(home, 'packages')).map((name) => join(home, 'packages', name)),
  home,
]

/** @returns {Failure} with the first lines of a message, without blank ones and those about dependencies */
export function failure(name, message) {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/node_modules|node:internal/.test(line))
  return { name, reason: lines.slice(0, shownLines).join('\n') }
}

/** @param {Results} results */
export function writeResults(owner, kind, results) {
  const file = fileOf(owner, kind)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(results))
}

/** Old results must never be taken for new ones. */
export function forgetResults(kind, home = root) {
  for (const owner of ownersIn(home)) rmSync(fileOf(owner, kind), { force: true })
}

/**
 * The sum of all suites of a kind. A suite without results and an exit code without a failure count as failures.
 * @returns {Results}
 */
export function readResults(kind, exitCode, home = root) {
  const all = ownersIn(home).flatMap((owner) => {
    const file = fileOf(owner, kind)
    if (existsSync(file)) return [JSON.parse(readFileSync(file, 'utf8'))]
    const suite = join(owner, 'test', kind)
    return existsSync(suite) ? [failed(relative(home, suite), 'ended without results')] : []
  })
  const total = sum(all)
  if (exitCode === 0 || total.failures.length > 0) return total
  return sum([total, failed(`${kind} tests`, `ended with status ${exitCode}, although no test failed`)])
}

/** @returns {Results} of a step that is not a suite, or of a suite that never ran */
export const failed = (name, reason) => ({ passed: 0, skipped: 0, failures: [failure(name, reason)] })

/** @param {Results[]} all */
export const sum = (all) => ({
  passed: all.reduce((total, { passed }) => total + passed, 0),
  skipped: all.reduce((total, { skipped }) => total + skipped, 0),
  failures: all.flatMap(({ failures }) => failures),
})

/** Ends a run: every failure once more, because the end of a long log is what people read, and the count last. */
export function conclude({ passed, failures }) {
  for (const { name, reason } of failures) console.log(`✗ ${name}\n${reason.replace(/^/gm, '    ')}`)
  process.exitCode = failures.length === 0 ? 0 : 1
  console.log(`${passed} passed, ${failures.length} failed`)
}
