import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { failure, forgetResults, readResults, writeResults } from '../../scripts/results.mjs'

describe('results', () => {
  let home
  const core = () => join(home, 'packages', 'core')
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'quorumlock-results-'))
    for (const name of ['core', 'clients']) mkdirSync(join(home, 'packages', name), { recursive: true })
    mkdirSync(join(core(), 'test', 'unit'), { recursive: true })
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  const passed = (count) => ({ passed: count, skipped: 0, failures: [] })

  test('the results of all packages and of the repository are summed', () => {
    const one = failure('a test', 'Expected 1, got 2')
    writeResults(core(), 'unit', passed(2))
    writeResults(join(home, 'packages', 'clients'), 'unit', { passed: 3, skipped: 1, failures: [one] })
    writeResults(home, 'unit', passed(4))
    expect(readResults('unit', 1, home)).toEqual({ passed: 9, skipped: 1, failures: [one] })
  })

  test('a suite that ended without results counts as failed', () => {
    const { failures } = readResults('unit', 0, home)
    expect(failures).toEqual([{ name: 'packages/core/test/unit', reason: 'ended without results' }])
  })

  test('the results of an earlier run do not count', () => {
    writeResults(core(), 'unit', passed(2))
    forgetResults('unit', home)
    expect(readResults('unit', 0, home)).toMatchObject({ passed: 0, failures: [{}] })
  })

  test('an exit code counts as a failure if no test failed', () => {
    writeResults(core(), 'unit', passed(2))
    expect(readResults('unit', 1, home)).toMatchObject({ passed: 2, failures: [{ name: 'unit tests' }] })
  })

  test('a failure shows the first lines of its message, without colours and without foreign code', () => {
    const lines = [
      '\u001B[31mExpected\u001B[39m 1',
      '',
      '  at node_modules/jest/x.js',
      ...Array(20).fill('line'),
    ]
    const { reason } = failure('a test', lines.join('\n'))
    expect(reason.split('\n')).toEqual(['Expected 1', ...Array(11).fill('line')])
  })
})
