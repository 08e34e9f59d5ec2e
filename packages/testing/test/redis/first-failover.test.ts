import { expect, test } from '@jest/globals'
import { connect } from '@quorumlock/clients'
import { useFleet } from '@quorumlock/testing/jest'

const fleet = useFleet({ nodes: 5 })

test('orders are shipped while two of five nodes are away', async () => {
  const redlock = await connect(fleet().urls)
  await redlock.using('order:41', () => 'shipped') // a new fleet needs all of its nodes once
  const [a, b] = fleet().nodes
  await a?.kill()
  await b?.pause()
  expect(await redlock.using('order:42', () => 'shipped')).toBe('shipped')
  await redlock.close()
})
