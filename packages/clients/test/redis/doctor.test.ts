import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { memoryNode } from '@quorumlock/core'
import { doctor, formatDoctorReport, nodeRedisNode, type DoctorReport } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { eventually } from '../support/eventually.js'
import { open, type Client } from '../support/servers.js'

let fleet: Fleet
let admins: Client[]
beforeAll(async () => {
  fleet = await startFleet({ nodes: 3, backend: 'processes' })
  admins = await Promise.all(fleet.urls.map((url) => open(url)))
})
afterAll(async () => {
  for (const admin of admins) admin.destroy()
  await fleet.dispose()
})

const codes = ({ findings }: DoctorReport): string[] =>
  findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code)

describe('the doctor', () => {
  test('the doctor reports a healthy fleet, recommends times, and leaves no keys behind', async () => {
    const report = await doctor(fleet.urls)
    expect(codes(report)).toEqual([])
    expect(report).toMatchObject({ healthy: true, recommended: { nodeTimeout: expect.any(Number) } })
    expect(report.nodes).toHaveLength(3)
    expect(report.nodes[0]).toMatchObject({
      product: expect.stringMatching(/^(Redis|Valkey)$/),
      role: 'master',
      persistence: 'none',
    })
    // Both read the same clock. The error is at most half a round trip, plus rounding.
    const { clockOffset = Infinity, roundTrip } = report.nodes[0]!
    expect(Math.abs(clockOffset)).toBeLessThanOrEqual(roundTrip!.median / 2 + 2)
    expect(formatDoctorReport(report)).toContain('healthy')
    await eventually(async () => {
      expect((await admins[0]!.clientList()).map(({ name }) => name)).not.toContain('quorumlock-doctor')
    })
    const keys = await admins[0]!.keys('*')
    await eventually(async () => expect(await admins[0]!.keys('*doctor*')).toEqual([]))
    expect(keys.filter((key) => !key.includes('doctor'))).toEqual([])
  })

  test('the doctor accepts clients and nodes as well as URLs', async () => {
    const ioredis = new Redis(fleet.urls[1]!)
    await once(ioredis, 'ready')
    const node = nodeRedisNode(admins[2]!)
    const report = await doctor([admins[0]!, ioredis, node, memoryNode(), { url: fleet.urls[1]! }])
    expect(report.nodes.map(({ reachable }) => reachable)).toEqual([true, true, true, true, true])
    expect(codes(report)).toEqual(['same-server'])
    expect(await admins[0]!.ping()).toBe('PONG')
    expect(await ioredis.ping()).toBe('PONG')
    await node.close?.()
    ioredis.disconnect()
  })

  test('the doctor detects one server under two names', async () => {
    const [url = ''] = fleet.urls
    const report = await doctor([url, url.replace('127.0.0.1', 'localhost'), fleet.urls[1]!])
    expect(report.healthy).toBe(false)
    expect(codes(report)).toContain('same-server')
    expect(formatDoctorReport(report)).toContain('are the same server')
  })

  test('the doctor reports why a node is unreachable, without its password', async () => {
    const report = await doctor([...fleet.urls.slice(0, 2), 'redis://:secret@127.0.0.1:1'], {
      timeout: 5_000,
    })
    expect(codes(report)).toEqual(['unreachable'])
    expect(report.findings[0]?.message).toContain('ECONNREFUSED')
    expect(JSON.stringify(report) + formatDoctorReport(report)).not.toContain('secret')
  })

  test('the doctor rejects a timeout of 0', async () => {
    await expect(doctor(fleet.urls, { timeout: 0 })).rejects.toThrow('Expected `timeout` to be')
  })

  test('the doctor escapes control characters in names', async () => {
    const report = await doctor([
      memoryNode({ name: '\u001b[2J\nfake' }),
      { url: 'redis://127.0.0.1:1', name: '\u009b' },
    ])
    const shown = formatDoctorReport(report)
    expect(shown).toContain('\\u{1b}[2J\\nfake')
    expect(shown).toContain('\\u{9b}')
    for (const control of ['\u001b', '\u009b']) expect(shown).not.toContain(control)
  })

  test('the doctor never recommends a TTL shorter than a pause of a busy process', async () => {
    expect((await doctor(fleet.urls)).recommended?.ttl).toBeGreaterThanOrEqual(3_000)
  })

  test('the doctor finishes in time although a node is frozen', async () => {
    await fleet.nodes[2]?.pause()
    const report = await doctor(fleet.urls, { timeout: 5_000 })
    await fleet.nodes[2]?.resume()
    expect(codes(report)).toEqual(['unreachable'])
    expect(report.recommended).toBeDefined()
  })

  test('the doctor reports eviction and a replica', async () => {
    await admins[0]!.configSet('maxmemory-policy', 'allkeys-lru')
    await admins[1]!.sendCommand(['REPLICAOF', '127.0.0.1', '1'])
    const report = await doctor(fleet.urls)
    await admins[0]!.configSet('maxmemory-policy', 'noeviction')
    await admins[1]!.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    expect(codes(report)).toEqual(expect.arrayContaining(['eviction', 'replica']))
  })

  test('the doctor recognizes a server that persists every write', async () => {
    const durable = await startFleet({ nodes: 1, backend: 'processes', persistence: 'aof' })
    const report = await doctor(durable.urls)
    await durable.dispose()
    expect(report.nodes[0]?.persistence).toBe('aof always')
    expect(report.findings.map(({ message }) => message).join()).toContain('durable: true')
  })

  test('the doctor names missing permissions', async () => {
    await admins[0]!.sendCommand([
      'ACL',
      'SETUSER',
      'weak',
      'on',
      '>weak',
      '~*',
      'resetchannels',
      '+@all',
      '-pexpire',
      '-info',
      '-scan',
    ])
    const report = await doctor([{ url: fleet.urls[0]!, username: 'weak', password: 'weak' }])
    await admins[0]!.sendCommand(['ACL', 'DELUSER', 'weak'])
    const messages = report.findings.map(({ message }) => message).join('\n')
    expect(report.healthy).toBe(false)
    expect(messages).toMatch(/cannot extend a lock: .*(pexpire|can't run this command)/)
    expect(messages).toMatch(/does not answer INFO/)
    expect(messages).toMatch(/cannot notify waiters/)
    expect(messages).toMatch(/cannot list its locks \(.*scan.*\): allow SCAN/)
  })
})
