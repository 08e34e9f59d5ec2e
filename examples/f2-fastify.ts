// F2: Fastify: the client as a decoration that closes with the app. Two processes change one account, in turn.
import assert from 'node:assert/strict'
import { LockContendedError, QuorumUnavailableError, type Redlock } from '@quorumlock/core'
import fastify, { type FastifyInstance } from 'fastify'
import { close, open, sleep } from './open.js'

declare module 'fastify' {
  interface FastifyInstance {
    redlock: Redlock
  }
}

/** Stands for a table that both processes use. */
const balances = new Map<string, number>()

function makeApp(redlock: Redlock): FastifyInstance {
  const app = fastify()
  app.decorate('redlock', redlock)
  // Runs when the requests are through, so that none of them loses its lock.
  app.addHook('onClose', () => redlock.close())
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof LockContendedError) return reply.code(409).send({ error: 'somebody is at it' })
    if (error instanceof QuorumUnavailableError)
      return reply.code(503).header('retry-after', 1).send({ error: 'try again' })
    throw error
  })
  app.post<{ Params: { id: string } }>('/accounts/:id/deposit', (request) => {
    const { id } = request.params
    return app.redlock.using(`account:${id}`, { wait: 5_000 }, async (lock) => {
      const balance = balances.get(id) ?? 0
      await sleep(10) // Without the lock the others would read the same balance meanwhile.
      lock.assertHeld()
      balances.set(id, balance + 1)
      return { balance: balance + 1 }
    })
  })
  return app
}

const apps = [makeApp(open()), makeApp(open())]
const addresses = await Promise.all(apps.map((app) => app.listen({ port: 0, host: '127.0.0.1' })))
const deposits = Array.from({ length: 10 }, (_, index) =>
  fetch(`${addresses[index % 2]}/accounts/7/deposit`, { method: 'POST' }),
)
const replies = await Promise.all(
  (await Promise.all(deposits)).map((response) => response.json() as Promise<{ balance: number }>),
)
console.log(`ten deposits through two processes: ${String(balances.get('7'))}`)
assert.equal(balances.get('7'), 10)
assert.equal(new Set(replies.map(({ balance }) => balance)).size, 10, 'no two saw the same balance')
await Promise.all(apps.map((app) => app.close()))
await close()
