// Prints a line per case, and writes the results of the suite where scripts/results.mjs reads them.
import { basename } from 'node:path'
import { failure, writeResults } from '../../../scripts/results.mjs'

/** A group that failed only because one of its cases failed does not count. */
const isCase = ({ details }) =>
  details.type !== 'suite' || (details.error && details.error.failureType !== 'subtestsFailed')

const reasonOf = ({ error }) => {
  const cause = error?.cause ?? error
  return cause?.stack ?? cause?.message ?? String(cause)
}

export default async function* reporter(events) {
  const results = { passed: 0, skipped: 0, failures: [] }
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    if ((type !== 'test:pass' && type !== 'test:fail') || !isCase(data)) continue
    const seconds = `(${(data.details.duration_ms / 1000).toFixed(1)} s)`
    if (data.skip !== undefined || data.todo !== undefined) {
      results.skipped += 1
      yield `  · ${data.name} ${seconds}\n`
    } else if (type === 'test:pass') {
      results.passed += 1
      yield `  ✓ ${data.name} ${seconds}\n`
    } else {
      const reason = reasonOf(data.details)
      const file = data.file === undefined ? 'stories' : basename(data.file)
      results.failures.push(failure(`${file}: ${data.name}`, reason))
      yield `  ✗ ${data.name} ${seconds}\n${reason.replace(/^/gm, '      ')}\n`
    }
  }
  writeResults(process.env.QUORUMLOCK_CHECKOUT, 'outside', results)
}
