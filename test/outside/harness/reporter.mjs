// Prints one line per case, and writes .jest/outside.json in the format of jest's results for scripts/count.mjs and
// scripts/failures.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(process.env.QUORUMLOCK_CHECKOUT, '.jest')

/** A group that failed only because of one of its cases is not counted. */
const isCase = ({ details }) =>
  details.type !== 'suite' || (details.error && details.error.failureType !== 'subtestsFailed')

const reasonOf = ({ error }) => {
  const cause = error?.cause ?? error
  return cause?.stack ?? cause?.message ?? String(cause)
}

const seconds = ({ duration_ms: duration }) => `${(duration / 1000).toFixed(1)} s`

export default async function* reporter(events) {
  const files = new Map()
  const casesOf = (file) => {
    if (!files.has(file)) files.set(file, [])
    return files.get(file)
  }
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    if ((type !== 'test:pass' && type !== 'test:fail') || !isCase(data)) continue
    const skipped = data.skip !== undefined || data.todo !== undefined
    const status = skipped ? 'pending' : type === 'test:pass' ? 'passed' : 'failed'
    const failureMessages = status === 'failed' ? [reasonOf(data.details)] : []
    casesOf(data.file ?? 'stories').push({ fullName: data.name, status, failureMessages })
    yield `  ${{ passed: '✓', failed: '✗', pending: '·' }[status]} ${data.name} (${seconds(data.details)})\n`
    for (const message of failureMessages) yield `${message.replace(/^/gm, '      ')}\n`
  }
  const all = [...files.values()].flat()
  const count = (status) => all.filter((one) => one.status === status).length
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'outside.json'),
    JSON.stringify({
      numPassedTests: count('passed'),
      numFailedTests: count('failed'),
      numRuntimeErrorTestSuites: 0,
      numPendingTests: count('pending'),
      numTodoTests: 0,
      testResults: [...files].map(([name, assertionResults]) => ({
        name,
        message: '',
        status: assertionResults.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
        assertionResults,
      })),
    }),
  )
}
