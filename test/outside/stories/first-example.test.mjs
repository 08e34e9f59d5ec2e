// The first example of the README, unchanged, in two concurrent processes.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { start } from '../harness/program.mjs'

const readme = readFileSync(join(process.env.QUORUMLOCK_CHECKOUT, 'README.md'), 'utf8')
const [, example] = /```ts\n(\/\/ example\.mjs\n[^]*?)```/.exec(readme)
/** How long the example works under its lock, milliseconds. */
const section = 1_000

/** Writes the example for the nodes of a fleet. Only the addresses change. */
function writeExample(fleet, name) {
  let text = example
  fleet.urls.forEach((url, index) => {
    const address = `redis://127.0.0.1:700${index + 1}`
    assert.ok(text.includes(address), `Expected the example of the README to use ${address}`)
    text = text.replace(address, url)
  })
  const file = join(import.meta.dirname, '..', 'programs', name)
  writeFileSync(file, text)
  return file
}

/** Starts the example twice. Resolves when both have succeeded, one after the other. */
async function runTwice(t, file) {
  const stamped = ['--import', './programs/stamp.mjs']
  const both = [1, 2].map(() => start(t, [process.execPath, ...stamped, file]))
  const printed = await Promise.all(both.map((program) => program.succeeds()))
  const times = printed.map((text) => Number(/^(\d+) /.exec(text)[1])).sort((a, b) => a - b)
  // Both use the clock of one machine, so the second line cannot come before the first section is over.
  assert.ok(times[1] - times[0] >= section - 1, `Expected one section after the other, got ${printed}`)
}

describe('The first example of the README', { concurrency: 2 }, () => {
  it('the first example of the README excludes itself in two concurrent processes', async (t) => {
    await runTwice(t, writeExample(await startNodes(t, 3), 'readme.mjs'))
  })

  it('the first example of the README works in two processes after one of three nodes has restarted empty', async (t) => {
    const fleet = await startNodes(t, 3)
    const file = writeExample(fleet, 'readme-restarted.mjs')
    await start(t, [process.execPath, file]).succeeds()
    await fleet.nodes[1].restart({ wipe: true })
    await runTwice(t, file)
    await runTwice(t, file)
  })

  it('the first example of the README works in two processes while one of three nodes is down, once all were there', async (t) => {
    const fleet = await startNodes(t, 3)
    const file = writeExample(fleet, 'readme-down.mjs')
    await start(t, [process.execPath, file]).succeeds()
    await fleet.nodes[0].kill()
    await runTwice(t, file)
  })
})
