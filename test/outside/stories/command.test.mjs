// The quorumlock command as docs/command-line.md describes it, with its default TTL.
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import { renewed, standsOnAll, startNodes, waiting } from '../harness/nodes.mjs'
import { command, start, startCommand, startInTerminal, startProgram } from '../harness/program.mjs'

/** The default of --ttl, milliseconds. */
const ttl = 30_000
/** Anything that a terminal obeys, but for the ends of lines. */
const controls = /(?![\r\n])\p{Cc}/u

const holding = (t, fleet, text) => startCommand(t, fleet, 'exec', 'job', '--', 'sh', '-c', text)

describe('The quorumlock command', { concurrency: 2 }, () => {
  it('runs the second of two commands to its end when the first handed the lock over', async (t) => {
    const fleet = await startNodes(t, 3)
    const first = holding(t, fleet, 'echo first; read line')
    await first.says(/first/)
    const second = holding(
      t,
      fleet,
      'trap "echo ended early; exit 1" TERM; echo "until $QUORUMLOCK_EXPIRES_AT"; read line; echo done',
    )
    await waiting(t, fleet, 'job')
    const handedOver = Date.now()
    first.tell('on')
    await first.succeeds()
    const expiresAt = Number((await second.says(/until (\d+)/))[1])
    assert.ok(
      expiresAt > handedOver + (ttl * 2) / 3,
      `Expected a whole TTL, got ${expiresAt - handedOver} ms`,
    )
    assert.ok(expiresAt <= Date.now() + ttl, `Expected no more than a TTL, got ${expiresAt - Date.now()} ms`)
    await renewed(fleet.nodes, 'job')
    second.tell('on')
    assert.match(await second.succeeds(), /^done$/m)
    assert.equal(second.stderr, '')
  })

  it('keeps the passwords of the nodes from the command that it runs', async (t) => {
    const fleet = await startNodes(t, 3)
    const urls = fleet.urls.map((url) => url.replace('redis://', 'redis://default:my-secret@'))
    const env = { QUORUMLOCK_NODES: urls.join(' ') }
    const program = start(t, [command, 'exec', 'job', '--', 'env'], env)
    const said = await program.succeeds()
    assert.match(said, /^QUORUMLOCK_RESOURCE=job$/m)
    assert.doesNotMatch(said, /my-secret/)
  })

  it('status shows its table of nodes when a majority of them is away', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.says(/held/)
    await fleet.nodes[0].kill()
    await fleet.nodes[1].kill()
    const status = startCommand(t, fleet, 'status', 'job')
    assert.equal(await status.exitCode(), 69, status.shown)
    for (const { port } of fleet.nodes)
      assert.match(status.stdout, new RegExp(`^ *127\\.0\\.0\\.1:${port} `, 'm'))
  })

  it('status tells host and process of a holder that gave no label', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.says(/held/)
    await standsOnAll(fleet, 'job')
    const { nodes } = JSON.parse(await startCommand(t, fleet, 'status', '--json', 'job').succeeds())
    for (const node of nodes) {
      assert.ok(node.holder.includes(hostname()), node.holder)
      assert.ok(node.holder.includes(String(holder.pid)), node.holder)
    }
  })

  it('status in a terminal prints no control character of a hostile label or resource', async (t) => {
    const fleet = await startNodes(t, 3)
    const resource = 'job\x1b[2J\x1b]0;pwned\x07\nsecond line'
    const holder = startProgram(t, 'label.mjs', fleet, resource, 'evil\x1b[31mred\x9b32m\nforged line')
    await holder.says(/held/)
    const status = startInTerminal(t, fleet, 'status', resource)
    const said = await status.succeeds()
    assert.match(said, /evil/)
    assert.doesNotMatch(said, controls)
    const lines = said.trimEnd().split('\n')
    assert.equal(
      lines.length,
      2 + fleet.nodes.length,
      `Expected a head and a line for each node, got\n${said}`,
    )
  })

  it('an error in a terminal prints no control character of a hostile resource', async (t) => {
    const fleet = await startNodes(t, 3)
    const resource = 'job\x1b[2J\x1b]0;pwned\x07\nsecond line'
    const holder = startProgram(t, 'label.mjs', fleet, resource, 'someone')
    await holder.says(/held/)
    const refused = startInTerminal(t, fleet, 'exec', '--try', resource, '--', 'true')
    assert.equal(await refused.exitCode(), 75, refused.shown)
    assert.match(refused.stdout, /job/)
    assert.doesNotMatch(refused.stdout, controls)
  })
})
