import { expect, test } from '@jest/globals'
import { mutatedCore } from './support/mutated-core.js'
import { PLANTED_FAULTS } from './support/mutations.js'
import { firstFlagged } from './support/seeds.js'

test.each(PLANTED_FAULTS)('$name is found within $within seeds', async (fault) => {
  const core = await mutatedCore(fault)
  const found = await firstFlagged(fault.within, { core, world: fault.world, plan: fault.plan })
  expect(found?.violation).toBeDefined()
})

test('a planted fault whose text is not found once is an error', async () => {
  const gone = { name: 'gone', file: 'engine.ts', from: 'text that is nowhere', to: '' }
  await expect(mutatedCore(gone)).rejects.toThrow(
    'expected engine.ts to have the text once, found it 0 times',
  )
})
