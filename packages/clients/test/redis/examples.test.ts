import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { commandFile } from '../support/cli.js'
import { start } from '../support/running.js'

const folder = fileURLToPath(new URL('../../../../examples', import.meta.url))
/** One example for each row of the table of features, and under f for each framework. */
const examples = readdirSync(folder).filter((name) => /^[a-f]\d+-/.test(name))
const rows = { a: 5, b: 12, c: 5, d: 2, e: 1, f: 5 }
const programs = examples.filter((name) => name.endsWith('.ts'))
const cron = join(folder, 'f5-cron-in-containers')

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet({ nodes: 5 })
})
afterAll(() => fleet.dispose())
beforeEach(() => Promise.all(fleet.nodes.map((node) => node.flush())))

test('there is an example for every feature and framework', () => {
  const expected = Object.entries(rows).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  )
  expect(examples.map((name) => name.split('-')[0]).sort()).toEqual(expected.sort())
})

test('the README of the examples links to every example', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  expect(examples.filter((name) => !readme.includes(`(${name})`))).toEqual([])
})

describe('the examples', () => {
  test.each(programs)('the example %s succeeds on five servers', async (name) => {
    const args = ['--conditions', '@quorumlock/source', '--import', 'tsx', join(folder, name)]
    const env = { ...process.env, REDIS_URLS: fleet.urls.join(',') }
    // A failed assertion of the example shows here, and so does a process that does not end. tsx reads the tsconfig, which
    // has the setting for decorators, from its working directory.
    expect(await start(process.execPath, args, { env, cwd: folder }).ended).toMatchObject({ code: 0 })
  })
})

describe('the crontab line for containers', () => {
  const line = readFileSync(join(cron, 'crontab'), 'utf8')
    .split('\n')
    .find((text) => /^[\d*]/.test(text))
  /** Without the five time fields, and with the local path of the script. */
  const command = line?.split(/\s+/).slice(5).join(' ').replace('/app/report.sh', join(cron, 'report.sh'))

  /** What cron does in one container at the due time, with the command built from the sources. */
  const strike = async (nodes: string): Promise<{ code: unknown; stdout: string }> => {
    const script = `quorumlock() { "$NODE" "$MAIN" "$@"; }; ${command}`
    const env = {
      ...process.env,
      NODE: process.execPath,
      MAIN: commandFile(),
      QUORUMLOCK_NODES: nodes,
      CLOCKS_DIFFER_BY: '3',
    }
    const { code, stdout } = await start('/bin/sh', ['-c', script], { env }).ended
    return { code, stdout }
  }

  test('the crontab line makes one report in two containers', async () => {
    const results = await Promise.all([strike(fleet.urls.join(' ')), strike(fleet.urls.join(' '))])
    results.sort((one, other) => Number(one.code) - Number(other.code))
    expect(results).toEqual([
      { code: 0, stdout: expect.stringMatching(/^report for nightly-report made by .+\n$/) },
      { code: 75, stdout: '' },
    ])
  })

  test('the crontab line fails without a quorum', async () => {
    expect(await strike('redis://127.0.0.1:1')).toEqual({ code: 69, stdout: '' })
  })
})
