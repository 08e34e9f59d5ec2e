import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { endWithUs } from '../../src/fleet/end-with-us.js'
import { allGone, descendantsOf } from '../support/descendants.js'

const file = fileURLToPath(new URL('../support/helper-owner.ts', import.meta.url))

test('helper processes that are busy, ignore signals or have children end with a parent that gets SIGKILL', async () => {
  const parent = endWithUs(
    spawn(process.execPath, ['--conditions', '@quorumlock/source', '--import', 'tsx', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    }),
  )
  const ended = new Promise((resolve) => parent.once('exit', resolve))
  await new Promise((resolve) => parent.stdout.once('data', resolve))
  const helpers = descendantsOf(parent.pid!)
  // The busy one, the shell with its two children, the client; and the watchdogs.
  expect(helpers.length).toBeGreaterThanOrEqual(5)
  parent.kill('SIGKILL')
  await ended
  await allGone(helpers)
})

test('the watchdog of a helper ends when the helper exits', async () => {
  const before = new Set(descendantsOf(process.pid))
  const helper = endWithUs(spawn(process.execPath, ['-e', '']))
  const started = descendantsOf(process.pid).filter((pid) => !before.has(pid))
  await new Promise((resolve) => helper.once('exit', resolve))
  await allGone(started)
})
