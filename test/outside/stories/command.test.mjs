// The quorumlock command as described in docs/command-line.md, with its default TTL.
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import { renewed, standsOnAll, startNodes, waiting } from '../harness/nodes.mjs'
import { command, start, startCommand, startInTerminal, startProgram } from '../harness/program.mjs'

/** The default of --ttl, milliseconds. */
const ttl = 30_000
/** Control characters, except line ends. */
const controls = /(?![\r\n])\p{Cc}/u

const holding = (t, fleet, text) => startCommand(t, fleet, 'exec', 'job', '--', 'sh', '-c', text)

describe('The quorumlock command', { concurrency: 2 }, () => {
  it('exec runs the second of two commands to its end after the first has handed the lock over', async (t) => {
    const fleet = await startNodes(t, 3)
    const first = holding(t, fleet, 'echo first; read line')
    await first.prints(/first/)
    const second = holding(
      t,
      fleet,
      'trap "echo ended early; exit 1" TERM; echo "until $QUORUMLOCK_EXPIRES_AT"; read line; echo done',
    )
    await waiting(t, fleet, 'job')
    const handedOver = Date.now()
    first.sendLine('on')
    await first.succeeds()
    const expiresAt = Number((await second.prints(/until (\d+)/))[1])
    assert.ok(
      expiresAt > handedOver + (ttl * 2) / 3,
      `Expected a whole TTL, got ${expiresAt - handedOver} ms`,
    )
    assert.ok(expiresAt <= Date.now() + ttl, `Expected no more than a TTL, got ${expiresAt - Date.now()} ms`)
    await renewed(fleet.nodes, 'job')
    second.sendLine('on')
    assert.match(await second.succeeds(), /^done$/m)
    assert.equal(second.stderr, '')
  })

  it('exec hides the passwords of the nodes from its command', async (t) => {
    const fleet = await startNodes(t, 3)
    const urls = fleet.urls.map((url) => url.replace('redis://', 'redis://default:my-secret@'))
    const env = { QUORUMLOCK_NODES: urls.join(' ') }
    const program = start(t, [command, 'exec', 'job', '--', 'env'], env)
    const output = await program.succeeds()
    assert.match(output, /^QUORUMLOCK_RESOURCE=job$/m)
    assert.doesNotMatch(output, /my-secret/)
  })

  it('status shows its table of nodes when a majority is down', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.prints(/held/)
    await fleet.nodes[0].kill()
    await fleet.nodes[1].kill()
    const status = startCommand(t, fleet, 'status', 'job')
    assert.equal(await status.exitCode(), 69, status.shown)
    for (const { port } of fleet.nodes)
      assert.match(status.stdout, new RegExp(`^ *127\\.0\\.0\\.1:${port} `, 'm'))
  })

  it('status shows host and process of a holder without a label', async (t) => {
    const fleet = await startNodes(t, 3)
    const holder = startProgram(t, 'hold.mjs', fleet, 'connect', 'job')
    await holder.prints(/held/)
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
    await holder.prints(/held/)
    const status = startInTerminal(t, fleet, 'status', resource)
    const output = await status.succeeds()
    assert.match(output, /evil/)
    assert.doesNotMatch(output, controls)
    const lines = output.trimEnd().split('\n')
    assert.equal(
      lines.length,
      2 + fleet.nodes.length,
      `Expected two head lines and a line per node, got\n${output}`,
    )
  })

  it('an error in a terminal prints no control character of a hostile resource', async (t) => {
    const fleet = await startNodes(t, 3)
    const resource = 'job\x1b[2J\x1b]0;pwned\x07\nsecond line'
    const holder = startProgram(t, 'label.mjs', fleet, resource, 'someone')
    await holder.prints(/held/)
    const refused = startInTerminal(t, fleet, 'exec', '--try', resource, '--', 'true')
    assert.equal(await refused.exitCode(), 75, refused.shown)
    assert.match(refused.stdout, /job/)
    assert.doesNotMatch(refused.stdout, controls)
  })
})
