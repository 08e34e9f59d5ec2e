import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { commandFile } from '../support/cli.js'
import { start } from '../support/running.js'

const folder = fileURLToPath(new URL('../../../../examples', import.meta.url))
/** One for each row of the table of features, and under f for what people use locks beside. */
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

test('the README of the examples names every one', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  expect(examples.filter((name) => !readme.includes(`(${name})`))).toEqual([])
})

describe('every example does on five servers what it says', () => {
  test.each(programs)('%s', async (name) => {
    const args = ['--conditions', '@quorumlock/source', '--import', 'tsx', join(folder, name)]
    const env = { ...process.env, REDIS_URLS: fleet.urls.join(',') }
    // Its assertions are its own; one that fails shows here, as does a process that does not end by itself. tsx looks for
    // the tsconfig, and with it for how decorators are meant, in the folder where it is started.
    expect(await start(process.execPath, args, { env, cwd: folder }).ended).toMatchObject({ code: 0 })
  })
})

describe('the crontab line for containers', () => {
  const line = readFileSync(join(cron, 'crontab'), 'utf8')
    .split('\n')
    .find((text) => /^[\d*]/.test(text))
  /** Without its five fields of time, and with the script where it lies here. */
  const command = line?.split(/\s+/).slice(5).join(' ').replace('/app/report.sh', join(cron, 'report.sh'))

  /** What cron does in one container at the due time; the command line is that of the sources. */
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

  test('makes one report for two containers', async () => {
    const results = await Promise.all([strike(fleet.urls.join(' ')), strike(fleet.urls.join(' '))])
    results.sort((one, other) => Number(one.code) - Number(other.code))
    expect(results).toEqual([
      { code: 0, stdout: expect.stringMatching(/^report for nightly-report made by .+\n$/) },
      { code: 75, stdout: '' },
    ])
  })

  test('fails where no quorum can be had', async () => {
    expect(await strike('redis://127.0.0.1:1')).toEqual({ code: 69, stdout: '' })
  })
})
