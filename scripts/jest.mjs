// Runs one suite of the package in whose folder it is called: `node ../../scripts/jest.mjs unit [options and files of jest …]`.
// jest-reporter.mjs writes its results to .jest/<kind>.json.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './root.mjs'
import { run } from './run.mjs'

const [kind, ...rest] = process.argv.slice(2)
const kinds = ['unit', 'simulation', 'redis', 'containers']
if (!kinds.includes(kind)) {
  console.error(`Expected the suite to be one of ${kinds.join(', ')}, got ${kind}`)
  process.exit(2)
}

const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
// Suites that own servers run one file at a time: their timing must not depend on other files.
const concurrency = kind === 'redis' || kind === 'containers' ? '--runInBand' : '--maxWorkers=2'

const { code } = await run(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    `--testMatch=**/test/${kind}/**/*.test.{ts,mjs}`,
    '--reporters=default',
    `--reporters=${join(root, 'scripts', 'jest-reporter.mjs')}`,
    concurrency,
    '--passWithNoTests',
    ...rest,
  ],
  { cwd: process.cwd(), env: { QUORUMLOCK_SUITE: kind } },
)
process.exitCode = code
