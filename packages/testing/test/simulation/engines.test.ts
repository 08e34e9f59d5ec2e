import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const script = fileURLToPath(new URL('../../scripts/hashes.mjs', import.meta.url))

// The list was written with one version of Node; the suite runs with every supported version.
test('the histories equal those that another version of Node has recorded for these sources', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  expect(stdout).toMatch(/^The (same histories|sources have changed)/)
})
