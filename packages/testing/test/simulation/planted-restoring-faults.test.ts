import { expect, test } from '@jest/globals'
import { mutatedCore } from './support/mutated-core.js'
import { RESTORING_FAULTS } from './support/restoring-mutations.js'
import { firstFlagged } from './support/seeds.js'

test.each(RESTORING_FAULTS)('$name is found within $within seeds', async (fault) => {
  const core = await mutatedCore(fault)
  const found = await firstFlagged(fault.within, { core, world: 'restoring', plan: fault.plan })
  expect(found?.violation).toBeDefined()
})
