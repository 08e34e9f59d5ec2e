// Writes the results of a suite where results.mjs reads them. Jest prints its own report for people beside it.
import { relative } from 'node:path'
import { failure, writeResults } from './results.mjs'
import { root } from './root.mjs'

/** How long jest may take to exit after its last test, milliseconds. */
const exitWithin = 60_000

export default class ResultsReporter {
  #owner
  #kind

  constructor({ rootDir }) {
    this.#owner = rootDir
    // Set by jest.mjs, because the command line of jest gives a reporter no options.
    this.#kind = process.env.QUORUMLOCK_SUITE
  }

  onRunComplete(_contexts, run) {
    const results = {
      passed: run.numPassedTests,
      skipped: run.numPendingTests + run.numTodoTests,
      failures: run.testResults.flatMap((file) => this.#failuresIn(file)),
    }
    writeResults(this.#owner, this.#kind, results)
    this.#expectExit(results)
  }

  /** A file that fails outside its tests, because it cannot be loaded for example, is a failure itself. */
  #failuresIn({ testFilePath, failureMessage, testExecError, testResults }) {
    const file = relative(root, testFilePath)
    const tests = testResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => failure(`${file}: ${fullName}`, failureMessages.join('\n')))
    return testExecError ? [failure(file, failureMessage ?? String(testExecError)), ...tests] : tests
  }

  /** A test that leaves a socket or a timer open is a failure, not a run without an end. */
  #expectExit(results) {
    setTimeout(() => {
      const leftOpen = failure(
        `${this.#kind} tests of ${relative(root, this.#owner)}`,
        `something that they left open keeps the process from exiting: ${openThings()}`,
      )
      writeResults(this.#owner, this.#kind, { ...results, failures: [...results.failures, leftOpen] })
      console.error(`✗ ${leftOpen.name}: ${leftOpen.reason}`)
      process.exit(1)
    }, exitWithin).unref()
  }
}

/** What keeps this process alive, so that a failure on a machine that nobody can enter says where to look. */
function openThings() {
  const sockets = process._getActiveHandles().flatMap((handle) => {
    const { localPort, remotePort, spawnfile, pid } = handle
    if (spawnfile) return [`process ${pid} (${spawnfile})`]
    return localPort ? [`socket from port ${localPort} to ${remotePort ?? 'nobody yet'}`] : []
  })
  return [...process.getActiveResourcesInfo(), ...sockets].join(', ')
}
