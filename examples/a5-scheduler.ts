// A5: a recurring task that runs once across all processes.
import assert from 'node:assert/strict'
import { Scheduler } from '@quorumlock/core/recipes'
import { close, open, sleep } from './open.js'

const dues: number[] = []
const schedulers = [1, 2, 3].map(() => new Scheduler(open()))
for (const scheduler of schedulers) {
  scheduler.every('clean-up', 200, (_signal, due) => void dues.push(due.getTime()), { lock: true })
  scheduler.cron('report', '0 3 * * *', () => undefined, { timezone: 'Europe/Berlin', missed: 'skip' })
}
await sleep(1_500)
await Promise.all(schedulers.map((scheduler) => scheduler.stop()))
assert.ok(dues.length >= 3)
assert.equal(new Set(dues).size, dues.length, 'no due time ran twice')
await close()
