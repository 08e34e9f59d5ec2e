import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startFleet, type Fleet, type FleetBackend, type FleetNode } from '@quorumlock/testing'

/** What every backend promises. */
export function fleetContract(backend: FleetBackend): void {
  describe(`a fleet of ${backend}`, () => {
    let fleet: Fleet

    beforeAll(async () => {
      fleet = await startFleet({ backend })
    })
    beforeEach(() => Promise.all(fleet.nodes.map((node) => node.flush())))
    afterAll(() => fleet.dispose())

    const first = (): FleetNode => fleet.nodes[0]!

    test('a fleet has five nodes with unique names, ports and URLs', () => {
      expect(fleet.backend).toBe(backend)
      expect(fleet.nodes.map((node) => node.name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4', 'node-5'])
      expect(new Set(fleet.nodes.map((node) => node.port)).size).toBe(5)
      expect(fleet.urls).toEqual(fleet.nodes.map((node) => `redis://127.0.0.1:${node.port}`))
    })

    test('a fleet consists of independent servers, so the others do not see what one stores', async () => {
      await command(first(), 'SET key value')
      const seen = await Promise.all(fleet.nodes.map((node) => command(node, 'EXISTS key')))
      expect(seen).toEqual([':1', ':0', ':0', ':0', ':0'])
    })

    test('a node never evicts keys', async () => {
      expect(await command(first(), 'CONFIG GET maxmemory-policy', 5)).toContain('noeviction')
    })

    test('a killed node refuses connections while the others answer, and a restart brings it back on its port', async () => {
      const { port } = first()
      await first().kill()
      await expect(command(first(), 'PING')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|closed/)
      expect(await command(fleet.nodes[1]!, 'PING')).toBe('+PONG')
      await first().restart()
      expect(first().port).toBe(port)
      expect(await command(first(), 'PING')).toBe('+PONG')
    })

    test('a restarted node without persistence is empty', async () => {
      await command(first(), 'SET key value')
      await first().restart()
      expect(await command(first(), 'EXISTS key')).toBe(':0')
    })

    test('a paused node accepts connections but answers nothing until it is resumed', async () => {
      await first().pause()
      await expect(command(first(), 'PING')).rejects.toThrow('no reply')
      await first().resume()
      expect(await command(first(), 'PING')).toBe('+PONG')
    })

    test('a paused node can be killed and restarted', async () => {
      await first().pause()
      await first().kill()
      await first().restart()
      expect(await command(first(), 'PING')).toBe('+PONG')
    })

    test('flush empties only one node', async () => {
      await Promise.all(fleet.nodes.map((node) => command(node, 'SET key value')))
      await first().flush()
      const seen = await Promise.all(fleet.nodes.map((node) => command(node, 'EXISTS key')))
      expect(seen).toEqual([':0', ':1', ':1', ':1', ':1'])
    })
  })

  describe(`a durable fleet of ${backend}`, () => {
    test('a durable node keeps its data when it is killed, until it is wiped', async () => {
      const fleet = await startFleet({ backend, nodes: 1, persistence: 'aof' })
      try {
        const node = fleet.nodes[0]!
        await command(node, 'SET key value')
        await node.restart()
        expect(await command(node, 'EXISTS key')).toBe(':1')
        await node.restart({ wipe: true })
        expect(await command(node, 'EXISTS key')).toBe(':0')
      } finally {
        await fleet.dispose()
      }
    })
  })
}

/** Sends an inline command and resolves with the first lines of the reply. */
export function command(node: { readonly port: number }, line: string, lines = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: node.port })
    let received = ''
    socket.setTimeout(500, () => socket.destroy(new Error(`no reply to ${line}`)))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed')))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
      if (received.split('\r\n').length <= lines) return
      resolve(received.trimEnd())
      socket.destroy()
    })
    socket.write(`${line}\r\n`)
  })
}
