import { expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import { startFleet } from '@quorumlock/testing'
import { until } from '../../../src/fleet/until.js'

test('after an unreadable reply, no reply is taken for that to another command', async () => {
  const fleet = await startFleet({ nodes: 1 })
  const options = { ttl: 5_000, wait: 0, nodeTimeout: 300 }
  const redlock = await connect(fleet.urls, options)
  const other = await connect(await fleet.lane('other'), options)
  try {
    for (const one of [redlock, other]) await one.using('warm', () => undefined)
    const lane = await fleet.nodes[0]!.lane('')
    const undo = lane.intercept(
      { command: 'EVALSHA', nth: 1 },
      { kind: 'replace reply', reply: 'HTTP/1.1 400 Bad Request\r\n\r\n' },
    )
    await redlock.tryAcquire('unreadable').catch(() => null)
    await undo()
    const held = await other.acquire('order')

    const wrong: string[] = []
    let served = 0
    await until(async () => {
      const tries = ['order', `free-${served}`, `also-${served}`].map((name) =>
        redlock.tryAcquire(name).then(
          (lock) => ({ name, held: lock !== null }),
          () => undefined,
        ),
      )
      for (const result of await Promise.all(tries)) {
        if (result === undefined) continue
        if (result.held !== (result.name !== 'order')) wrong.push(result.name)
        served++
      }
      if (served < 30) throw new Error('it does not serve again')
    })
    expect(wrong).toEqual([])
    await held.release()
  } finally {
    await Promise.all([redlock.close(), other.close()])
    await fleet.dispose()
  }
})
