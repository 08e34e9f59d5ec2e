import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { allClosed, startOwner } from '../support/owner.js'

test('containers, including a frozen one, end when the process that started them is killed', async () => {
  const owner = await startOwner('compose')
  await owner.end('SIGKILL')
  await allClosed(owner.ports)
})

test('more nodes than the compose file defines are rejected', async () => {
  await expect(startFleet({ backend: 'compose', nodes: 6 })).rejects.toThrow(
    'to be at most 5 with the compose backend, got 6',
  )
})
