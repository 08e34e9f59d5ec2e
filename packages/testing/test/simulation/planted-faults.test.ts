import { expect, test } from '@jest/globals'
import { mutatedCore } from './support/mutated-core.js'
import { expectEverySecondFound } from './support/planted-faults.js'

expectEverySecondFound(0)

test('a planted fault whose text is not found once is an error', async () => {
  const gone = { name: 'gone', file: 'engine.ts', from: 'text that is nowhere', to: '' }
  await expect(mutatedCore(gone)).rejects.toThrow(
    'expected engine.ts to have the text once, found it 0 times',
  )
})
