// B9: a list of jobs, several workers, each job taken by one of them.
import assert from 'node:assert/strict'
import { claimEach } from '@quorumlock/core/recipes'
import { close, open, sleep } from './open.js'

const jobs = Array.from({ length: 20 }, (_, index) => `job:${index}`)
const worked: string[] = []
const work = async (job: string): Promise<void> => {
  await sleep(5)
  worked.push(job)
}
const options = { key: (job: string) => job, concurrency: 4, keep: 60_000 }
const reports = await Promise.all([open(), open()].map((redlock) => claimEach(redlock, jobs, work, options)))
assert.deepEqual([...worked].sort(), [...jobs].sort())
console.log(reports.map(({ done, skipped }) => `${done.length} done, ${skipped.length} skipped`).join('; '))
await close()
