import { expect, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { allGone, descendantsOf } from '../../../testing/test/support/descendants.js'
import { start } from '../support/running.js'

const file = fileURLToPath(new URL('../support/helper-owner.ts', import.meta.url))

test('the command and what it runs, workers, a cluster and a sentinel group end with a test process that gets SIGKILL', async () => {
  const parent = start(process.execPath, ['--conditions', '@quorumlock/source', '--import', 'tsx', file])
  await parent.prints('ready')
  const helpers = descendantsOf(parent.process.pid!)
  // The command and its shell, two workers, three servers each of a fleet, of a cluster and of a sentinel group.
  expect(helpers.length).toBeGreaterThanOrEqual(13)
  parent.process.kill('SIGKILL')
  await parent.ended
  await allGone(helpers)
})
