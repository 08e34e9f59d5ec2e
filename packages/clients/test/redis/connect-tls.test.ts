import { readFileSync } from 'node:fs'
import { connect as connectTo, type AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import { QuorumUnavailableError, type Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { startStopwatch } from '../../../testing/test/support/stopwatch.js'
import { eventually } from '../support/eventually.js'

const pem = (name: string): string =>
  readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url), 'utf8')
const certificate = pem('certificate')

let fleet: Fleet
let urls: string[]
const doors: { close(): void }[] = []

/** The server's own TLS, or that of a tunnel before it: to a client it is the same. */
async function encrypted(url: string): Promise<string> {
  const server = createServer({ cert: certificate, key: pem('key') }, (socket) => {
    const inside = connectTo({ host: '127.0.0.1', port: Number(new URL(url).port) })
    for (const end of [socket, inside]) end.on('error', () => undefined)
    socket.on('close', () => inside.destroy())
    inside.on('close', () => socket.destroy())
    socket.pipe(inside).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  doors.push(server)
  return `rediss://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  fleet = await startFleet({ nodes: 3, backend: 'processes' })
  urls = await Promise.all(fleet.urls.map(encrypted))
})
afterAll(async () => {
  for (const door of doors) door.close()
  await fleet.dispose()
})

test('over TLS a lock is taken, waited for and handed over', async () => {
  const options = { tls: { ca: certificate }, wait: 60_000, connectTimeout: 60_000 }
  const clients: Redlock[] = []
  try {
    for (let count = 0; count < 2; count++) clients.push(await connect(urls, options))
    const [one, other] = clients as [Redlock, Redlock]
    const held = await one.acquire('order:1')
    const waiting = other.acquire('order:1')
    // It hears of the release over connections of its own, which have to be encrypted, too.
    await eventually(async () => {
      expect((await one.inspect('order:1')).waiters).toBe(1)
      for (const node of fleet.nodes) expect(await node.command('PUBSUB', 'CHANNELS')).not.toBe('')
    })
    const elapsed = startStopwatch()
    await held.release()
    await (await waiting).release()
    expect(elapsed()).toBeLessThan(900)
  } finally {
    for (const client of clients) await client.close()
  }
})

test('a certificate that nobody vouches for is refused, and the error says so', async () => {
  const error: unknown = await connect(urls, { connectTimeout: 2_000 }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(QuorumUnavailableError)
  expect((error as Error).message).toContain('self-signed certificate')
})
