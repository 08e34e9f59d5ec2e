// F1: Express: a route under a lock. Who comes second gets 409, and everybody 503 while no quorum can be had.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { nodeRedisNode } from '@quorumlock/clients'
import { LockContendedError, QuorumUnavailableError, Redlock } from '@quorumlock/core'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { createClient } from 'redis'
import { close, open, sleep } from './open.js'

const shipped: string[] = []
async function ship(order: string, signal: AbortSignal): Promise<void> {
  await sleep(300)
  signal.throwIfAborted()
  shipped.push(order)
}

/** Where a lock cannot be had the client is told what to do about it. */
const lockErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (error instanceof LockContendedError) response.status(409).json({ error: 'somebody is at it' })
  else if (error instanceof QuorumUnavailableError)
    response.status(503).set('Retry-After', '1').json({ error: 'try again' })
  else next(error)
}

function makeApp(redlock: Redlock): Express {
  const app = express()
  app.post('/orders/:id/ship', async (request, response) => {
    const { id } = request.params
    // Requests have people behind them: wait for less long than they would. What is thrown goes to `lockErrors`.
    await redlock.using(`order:${id}`, { wait: 50 }, (lock) => ship(id, lock.signal))
    response.json({ shipped: id })
  })
  app.use(lockErrors)
  return app
}

/** Starts the app on a free port, and sends one request for each order at the same time. */
async function statusesOf(redlock: Redlock, orders: readonly string[]): Promise<number[]> {
  const server = makeApp(redlock).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const post = (order: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/orders/${order}/ship`, { method: 'POST' })
  const responses = await Promise.all(orders.map(post))
  // In this order at shutdown too: requests first, the locks that they need last.
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return responses.map(({ status }) => status)
}

const statuses = await statusesOf(open(), ['42', '42', '43'])
console.log(`two requests for order 42, one for 43: ${statuses.join(', ')}`)
assert.deepEqual(statuses.slice(0, 2).sort(), [200, 409])
assert.equal(statuses[2], 200, 'another order is another lock')
assert.deepEqual([...shipped].sort(), ['42', '43'])

const unreachable = new Redlock({ nodes: [nodeRedisNode(createClient({ disableOfflineQueue: true }))] })
assert.deepEqual(await statusesOf(unreachable, ['44']), [503])
await unreachable.close()
await close()
