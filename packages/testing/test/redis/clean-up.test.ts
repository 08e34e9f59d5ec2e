import { existsSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { findServerBinary } from '../../src/fleet/server-binary.js'
import { command } from '../support/fleet-contract.js'
import { allClosed, startOwner } from '../support/owner.js'

// On a machine without a server, test/containers tests the containers instead.
const testWithServer = findServerBinary() === null ? test.skip : test

testWithServer.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'servers, including a frozen one, end when the process that started them ends by %s',
  async (signal) => {
    const owner = await startOwner('processes')
    await owner.end(signal)
    await allClosed(owner.ports)
  },
)

testWithServer('a disposed fleet leaves no folder behind', async () => {
  const fleet = await startFleet({ backend: 'processes', nodes: 1 })
  const folder = (await command(fleet.nodes[0]!, 'CONFIG GET dir', 5)).split('\r\n').at(-1)!
  expect(existsSync(folder)).toBe(true)
  await fleet.dispose()
  expect(existsSync(folder)).toBe(false)
})

testWithServer('a second dispose is harmless', async () => {
  const fleet = await startFleet({ backend: 'processes', nodes: 1 })
  await fleet.dispose()
  await expect(fleet.dispose()).resolves.toBeUndefined()
})

testWithServer('the error of a server that cannot start names its binary', async () => {
  const starting = startFleet({ backend: 'processes', nodes: 1, serverBinary: '/bin/false' })
  await expect(starting).rejects.toThrow(/bin\/false/)
})
