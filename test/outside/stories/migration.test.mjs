// docs/migration.md: the old program and the ported one run side by side during a rolling update, and the sample of the
// guide runs unchanged.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { start, startProgram } from '../harness/program.mjs'
import { quarantine } from '../harness/service.mjs'

const guide = readFileSync(join(process.env.QUORUMLOCK_CHECKOUT, 'docs', 'migration.md'), 'utf8')

/** While one program holds the lock, the other does not get it; afterwards it does. */
async function excludes(t, fleet, holding, trying) {
  const holder = startProgram(t, `migration/${holding}.mjs`, fleet, 'hold')
  await holder.prints(/^held/)
  const attempt = () => startProgram(t, `migration/${trying}.mjs`, fleet, 'try').succeeds()
  assert.match(await attempt(), /^refused/)
  holder.sendLine('on')
  await holder.succeeds()
  assert.match(await attempt(), /^held/)
}

describe('Coming from', { concurrency: 2 }, () => {
  for (const library of ['redlock', 'redis-semaphore', 'redlock-universal']) {
    it(`a program with ${library} and its ported version exclude each other`, async (t) => {
      const fleet = await startNodes(t, 3)
      await excludes(t, fleet, `${library}-before`, `${library}-after`)
      await excludes(t, fleet, `${library}-after`, `${library}-before`)
    })

    it(`a program ported from ${library} succeeds on the first try while one of three nodes is in quarantine`, async (t) => {
      const fleet = await startNodes(t, 3)
      await quarantine(t, fleet, library === 'redis-semaphore' ? 'mutex:' : '')
      assert.match(await startProgram(t, `migration/${library}-after.mjs`, fleet, 'try').succeeds(), /^held/)
    })
  }

  it('the sample for redlock runs unchanged, also after one of three nodes has restarted', async (t) => {
    const fleet = await startNodes(t, 3)
    const [, sample] = /```ts\n(import \{ ioredisNode \}[^]*?)```/.exec(guide)
    let text = `const ship = async () => console.log('shipped')\n${sample}`
    for (const [index, host] of ['eu-1', 'us-1', 'ap-1'].entries()) {
      assert.ok(text.includes(`redis://${host}:6379`), `Expected the sample to use ${host}`)
      text = text.replace(`redis://${host}:6379`, fleet.urls[index])
    }
    const file = join(import.meta.dirname, '..', 'programs', 'migration', 'sample.mjs')
    writeFileSync(file, text)
    assert.equal(await start(t, [process.execPath, file]).succeeds(), 'shipped\n')
    await fleet.nodes[2].restart({ wipe: true })
    assert.equal(await start(t, [process.execPath, file]).succeeds(), 'shipped\n')
    assert.equal(await start(t, [process.execPath, file]).succeeds(), 'shipped\n')
  })
})
