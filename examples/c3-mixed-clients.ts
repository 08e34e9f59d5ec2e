// C3: different clients behind one interface; one quorum may mix them.
import assert from 'node:assert/strict'
import { memoryNode, Redlock } from '@quorumlock/core'
import { ioredisNode } from '@quorumlock/clients'
import { Redis } from 'ioredis'
import { close, nodes, urls } from './open.js'

const url = urls[0]
const ioredis = url === undefined ? undefined : new Redis(url, { enableOfflineQueue: false })
if (ioredis !== undefined) await new Promise((resolve) => ioredis.once('ready', resolve))
const first = ioredis === undefined ? memoryNode() : ioredisNode(ioredis)
const redlock = new Redlock({ nodes: [first, ...nodes.slice(1)] })
assert.equal(await redlock.using('order:42', ({ votes }) => votes.length), nodes.length)
await redlock.close()
ioredis?.disconnect()
await close()
