// Runs one kind of tests of the package in whose directory it is called: `node ../../scripts/jest.mjs unit`.
// Further arguments go to jest. The results land in .jest/<kind>.json, from where scripts/test.mjs counts them
// (turbo brings the file back with a cached run).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'

const [kind, ...rest] = process.argv.slice(2)
const kinds = ['unit', 'simulation', 'redis', 'containers']
if (!kinds.includes(kind)) {
  console.error(`Expected the kind of tests to be one of ${kinds.join(', ')}, got ${kind}`)
  process.exit(2)
}

const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
// Suites that own servers run one after another: their timing must not depend on their neighbours.
const inBand = kind === 'redis' || kind === 'containers' ? ['--runInBand'] : ['--maxWorkers=2']

// How long jest may take to end after its results are written, milliseconds.
const graceAfterResults = 60_000
const results = `.jest/${kind}.json`

mkdirSync('.jest', { recursive: true })
rmSync(results, { force: true })
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    ...inBand,
    '--passWithNoTests',
    '--json',
    `--outputFile=${results}`,
    '--testPathPatterns',
    `/test/${kind}/`,
    ...rest,
  ],
  // With --outputFile jest still prints its report for people, on stderr.
  { stdio: ['ignore', 'inherit', 'inherit'] },
)

// A test that leaves a socket or a timer open is a failure, not a run without an end.
let over
const watch = setInterval(() => {
  if (!existsSync(results)) return
  over ??= Date.now()
  if (Date.now() - over < graceAfterResults) return
  clearInterval(watch)
  console.error(
    `✗ the ${kind} tests are over, but something that they left open keeps the process from ending`,
  )
  child.kill('SIGKILL')
}, 500)

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  clearInterval(watch)
  process.exitCode = signal === null ? code : 1
})
