import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet } from '@quorumlock/testing'

const folder = fileURLToPath(new URL('../../../../examples', import.meta.url))
/** One for each row of the table of features: their names begin with its letter and number. */
const programs = readdirSync(folder).filter((name) => /^[a-e]\d+-.*\.ts$/.test(name))
const rows = { a: 5, b: 12, c: 5, d: 2, e: 1 }

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet({ nodes: 5 })
}, 60_000)
afterAll(() => fleet.dispose())
beforeEach(() => Promise.all(fleet.nodes.map((node) => node.flush())))

test('there is an example for every feature', () => {
  const expected = Object.entries(rows).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  )
  expect(programs.map((name) => name.split('-')[0]).sort()).toEqual(expected.sort())
})

describe('every example does on five servers what it says', () => {
  test.each(programs)(
    '%s',
    async (name) => {
      const args = ['--conditions', '@quorumlock/source', '--import', 'tsx', join(folder, name)]
      const env = { ...process.env, REDIS_URLS: fleet.urls.join(',') }
      // Its assertions are its own; a failed one, or a process that does not end by itself, rejects here.
      await promisify(execFile)(process.execPath, args, { env, timeout: 30_000 })
    },
    40_000,
  )
})
