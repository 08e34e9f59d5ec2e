import { expect, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { allGone, descendantsOf } from '../../../testing/test/support/descendants.js'
import { start } from '../support/running.js'

const file = fileURLToPath(new URL('../support/helper-owner.ts', import.meta.url))

test('all helpers of a test process end when it gets SIGKILL', async () => {
  const parent = start(process.execPath, ['--conditions', '@quorumlock/source', '--import', 'tsx', file])
  await parent.prints('ready')
  const helpers = descendantsOf(parent.process.pid!)
  // The command and its shell, two workers, and three servers each in a fleet, a cluster and a sentinel group.
  expect(helpers.length).toBeGreaterThanOrEqual(13)
  parent.process.kill('SIGKILL')
  await parent.ended
  await allGone(helpers)
})
