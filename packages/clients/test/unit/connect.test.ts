import { describe, expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'

describe('connect()', () => {
  test.each([
    ['no nodes', [], 'at least one'],
    ['text that is not a URL', ['redis://ok', 'not a url:secret'], 'nodes[1]'],
    ['a URL of another kind', ['http://user:secret@host'], 'nodes[0]'],
    ['a path that is not a database', ['redis://:secret@host/queue'], 'nodes[0]'],
    ['the same node twice', ['redis://:secret@host', 'redis://host:6379'], 'nodes[1]'],
  ])('connect() rejects %s, and names the node without its password', async (_what, nodes, named) => {
    const failure = await connect(nodes).then(
      () => 'connected',
      (error: unknown) => String(error),
    )
    expect(failure).toContain(named)
    expect(failure).not.toContain('secret')
  })

  test('connect() checks options of locks, of connections and of nodes', async () => {
    await expect(connect(['redis://host'], { ttl: -1 })).rejects.toThrow('`ttl`')
    await expect(connect(['redis://host'], { socketTimeout: 100, pingInterval: 100 })).rejects.toThrow(
      'socketTimeout',
    )
    await expect(connect(['redis://host'], { connectTimeout: 0 })).rejects.toThrow('connectTimeout')
    await expect(connect([{ port: 70_000 }])).rejects.toThrow('nodes[0]')
  })
})
