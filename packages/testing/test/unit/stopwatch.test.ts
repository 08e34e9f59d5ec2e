import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { expect, test } from '@jest/globals'
import { endWithUs } from '../../src/fleet/end-with-us.js'
import { startStopwatch } from '../support/stopwatch.js'

const testOnLinux = process.platform === 'linux' ? test : test.skip

/** Uses the processor for this many milliseconds, however long that takes. */
function work(ms: number): void {
  const before = process.cpuUsage()
  let used = 0
  while (used < ms) {
    const { user, system } = process.cpuUsage(before)
    used = (user + system) / 1_000
  }
}

test('a stopwatch counts the time in which nothing needs to run', async () => {
  const elapsed = startStopwatch()
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  // It excludes little, because a sleeping process seldom waits for the processor.
  expect(elapsed()).toBeGreaterThan(500)
})

testOnLinux('a stopwatch does not count the time that other programs use', () => {
  const busy = Array.from({ length: 3 * availableParallelism() }, () =>
    endWithUs(spawn(process.execPath, ['-e', 'for (;;);'])),
  )
  try {
    const elapsed = startStopwatch()
    work(200)
    // The busy processes are children of this one, and wait much of the time themselves.
    expect(elapsed()).toBeLessThan(220)
  } finally {
    for (const child of busy) child.kill('SIGKILL')
  }
})
