import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { faults, startFleet, type FaultName, type Fleet } from '@quorumlock/testing'
import { ask } from '../../../src/fleet/resp.js'
import { until } from '../../../src/fleet/until.js'
import { before, bites } from '../../support/bites.js'
import { Wire } from '../../support/wire.js'

const names = Object.keys(faults) as FaultName[]

describe('the catalogue of faults', () => {
  let plain: Fleet
  let durable: Fleet

  beforeAll(async () => {
    plain = await startFleet({ nodes: 1 })
    durable = await startFleet({ nodes: 1, persistence: 'aof' })
  })
  afterAll(() => Promise.all([plain.dispose(), durable.dispose()]))

  test('at least forty faults have unique names', () => {
    expect(names.length).toBeGreaterThanOrEqual(40)
  })

  test.each(names)('the fault "%s" takes effect immediately, and its undo ends it', async (name) => {
    const { options, seen, durable: needsLog } = bites[name]
    const node = (needsLog ? durable : plain).nodes[0]!
    const obstacle = node.cannot(name)
    if (obstacle !== undefined) {
      // The reason is reported; the fault is not silently skipped.
      await expect(node.inject(name, options)).rejects.toThrow(obstacle)
      return
    }
    await node.flush()
    await node.command(...before.take)
    const wire = await Wire.open(node.port)
    try {
      expect(await wire.send('PING')).toBe('+PONG\r\n')
      const undo = await node.inject(name, options)
      await seen(wire, node).finally(undo)
    } finally {
      wire.close()
    }
    // Nothing is left of it.
    await until(() => ask(node.port, ['SET', 'afterwards', '1']))
    expect(await ask(node.port, ['PING'])).toBe('PONG')
  })
})
