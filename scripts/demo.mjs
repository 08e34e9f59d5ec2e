// `npm run demo`: sets up what is missing and shows locks at work, on real servers if a Redis server is installed.
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

try {
  const env = await setUp({ redis: 'optional' })
  console.log()
  const args = ['--conditions', '@quorumlock/source', '--import', 'tsx', 'packages/testing/demo/failover.ts']
  const { code } = await run(process.execPath, args, { env })
  process.exitCode = code
} catch (error) {
  console.error(`✗ ${error.message}`)
  process.exitCode = 1
}
