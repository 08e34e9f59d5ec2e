import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { useFleet } from '@quorumlock/testing/jest'

const fleet = useFleet({ nodes: 3 }, { beforeAll, afterEach, afterAll })

test('a test may break its fleet and leave it broken', async () => {
  await fleet().nodes[0]!.kill()
  await fleet().nodes[1]!.pause()
  await fleet().nodes[2]!.partition()
  await fleet().nodes[2]!.command('SET', 'key', 'value')
})

test('the test after one that broke the fleet finds it healthy and empty', async () => {
  expect(await Promise.all(fleet().nodes.map((node) => node.command('DBSIZE')))).toEqual(['0', '0', '0'])
})
