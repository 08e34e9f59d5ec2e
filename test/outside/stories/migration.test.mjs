// What a reader of docs/migration.md does: the program that there was and the ported one run side by side during a
// rolling change, and the sample of the guide runs as it stands.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { start, startProgram } from '../harness/program.mjs'
import { quarantine } from '../harness/service.mjs'

const guide = readFileSync(join(process.env.QUORUMLOCK_CHECKOUT, 'docs', 'migration.md'), 'utf8')

/** While the one holds the lock the other does not get it; afterwards it does. */
async function excludes(t, fleet, holding, trying) {
  const holder = startProgram(t, `migration/${holding}.mjs`, fleet, 'hold')
  await holder.says(/^held/)
  const attempt = () => startProgram(t, `migration/${trying}.mjs`, fleet, 'try').succeeds()
  assert.match(await attempt(), /^refused/)
  holder.tell('on')
  await holder.succeeds()
  assert.match(await attempt(), /^held/)
}

describe('Coming from', { concurrency: 2 }, () => {
  for (const library of ['redlock', 'redis-semaphore', 'redlock-universal']) {
    it(`${library}, the ported program and the one that there was exclude each other`, async (t) => {
      const fleet = await startNodes(t, 3)
      await excludes(t, fleet, `${library}-before`, `${library}-after`)
      await excludes(t, fleet, `${library}-after`, `${library}-before`)
    })

    it(`${library}, the ported program gets its first try while one of three nodes is in quarantine`, async (t) => {
      const fleet = await startNodes(t, 3)
      await quarantine(t, fleet, library === 'redis-semaphore' ? 'mutex:' : '')
      assert.match(await startProgram(t, `migration/${library}-after.mjs`, fleet, 'try').succeeds(), /^held/)
    })
  }

  it('redlock, the sample of the guide runs as it stands, also after one of three nodes was restarted', async (t) => {
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
