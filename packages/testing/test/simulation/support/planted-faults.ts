import { expect, test } from '@jest/globals'
import { mutatedCore } from './mutated-core.js'
import { PLANTED_FAULTS } from './mutations.js'
import { firstFlagged } from './seeds.js'

/** Every second fault, so that two files can share the work. */
export function expectEverySecondFound(from: 0 | 1): void {
  test.each(PLANTED_FAULTS.filter((_, index) => index % 2 === from))(
    '$name is found within $within seeds',
    async (fault) => {
      const core = await mutatedCore(fault)
      const found = await firstFlagged(fault.within, { core, world: fault.world, plan: fault.plan })
      expect(found?.violation).toBeDefined()
    },
  )
}
