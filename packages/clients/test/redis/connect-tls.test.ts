import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTo, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import { QuorumUnavailableError, type Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { startStopwatch } from '../../../testing/test/support/stopwatch.js'
import { quorumlock } from '../support/cli.js'
import { eventually } from '../support/eventually.js'

const pem = (name: string): string =>
  readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url), 'utf8')
const certificate = pem('certificate')

let fleet: Fleet
let urls: string[]
const doors: { close(): void }[] = []

/** A tunnel with TLS in front of a server, which looks to a client like the server's own TLS. */
async function encrypted(url: string, wanted: TlsOptions = {}): Promise<string> {
  const server = createServer({ cert: certificate, key: pem('key'), ...wanted }, (socket) => {
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
  urls = await Promise.all(fleet.urls.map((url) => encrypted(url)))
})
afterAll(async () => {
  for (const door of doors) door.close()
  await fleet.dispose()
})

test('over TLS a lock is acquired, waited for and handed over', async () => {
  const options = { tls: { ca: certificate }, wait: 60_000, connectTimeout: 60_000 }
  const clients: Redlock[] = []
  try {
    for (let count = 0; count < 2; count++) clients.push(await connect(urls, options))
    const [one, other] = clients as [Redlock, Redlock]
    const held = await one.acquire('order:1')
    const waiting = other.acquire('order:1')
    // The waiter is notified over separate connections, which must be encrypted too.
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

test('an untrusted certificate is rejected, and the error names the reason', async () => {
  const error: unknown = await connect(urls, { connectTimeout: 2_000 }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(QuorumUnavailableError)
  expect((error as Error).message).toContain('self-signed certificate')
})

test('the command reads a private authority and a client certificate from its configuration file', async () => {
  const strict: TlsOptions = { ca: certificate, requestCert: true, rejectUnauthorized: true }
  const nodes = await Promise.all(fleet.urls.map((url) => encrypted(url, strict)))
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-tls-'))
  for (const name of ['certificate', 'key']) writeFileSync(join(folder, `${name}.pem`), pem(name))
  const authority = { ca: 'certificate.pem' }
  const client = { ...authority, cert: 'certificate.pem', key: 'key.pem' }
  const withTls = async (command: string[], tls: object): Promise<number | null> => {
    const config = join(folder, `locks-${Object.keys(tls).length}.json`)
    writeFileSync(config, JSON.stringify({ nodes, tls }))
    const [name = '', ...rest] = command
    return (await quorumlock([name, '--config', config, '--timeout', '20s', ...rest]).ended).code
  }
  try {
    expect(await withTls(['exec', 'order:2', '--', 'true'], client)).toBe(0)
    expect(await withTls(['status', 'order:2'], client)).toBe(0)
    expect(await withTls(['doctor'], client)).toBe(0)
    expect(await withTls(['status', '--timeout', '2s', 'order:2'], authority)).toBe(69)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
