// D2: locks within one process, and a node of one's own: here one that counts what a memory node is told.
import assert from 'node:assert/strict'
import { memoryNode, Redlock, type LockNode } from '@quorumlock/core'

let commands = 0
const inner = memoryNode({ name: 'counted' })
const counted: LockNode = {
  name: inner.name,
  connected: true,
  send(command, answer) {
    commands++
    inner.send(command, answer)
  },
  subscribe: (channel, observer) => inner.subscribe?.(channel, observer) ?? (() => undefined),
}
const redlock = new Redlock({ nodes: [counted] })
assert.equal(await redlock.using('order:42', () => 'done'), 'done')
assert.ok(commands >= 2)
await redlock.close()
