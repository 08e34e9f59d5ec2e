import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'

test.each([0, -1, 1.5, Number.NaN])(
  'a fleet of %p nodes is rejected with the name and value of the option',
  async (nodes) => {
    await expect(startFleet({ nodes })).rejects.toThrow(
      `Expected \`nodes\` to be a positive integer, got ${nodes}`,
    )
  },
)

test('a server binary that cannot be executed is rejected', async () => {
  const before = process.env['REDIS_SERVER_BIN']
  process.env['REDIS_SERVER_BIN'] = '/nowhere/redis-server'
  try {
    await expect(startFleet()).rejects.toThrow('REDIS_SERVER_BIN names /nowhere/redis-server')
  } finally {
    if (before === undefined) delete process.env['REDIS_SERVER_BIN']
    else process.env['REDIS_SERVER_BIN'] = before
  }
})
