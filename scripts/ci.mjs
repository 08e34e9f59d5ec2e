// Everything, from a fresh clone: the steps of `npm test`, the container suite, the packed packages and what readers do
// with them, a smoke test of the benchmarks. `node scripts/ci.mjs lint containers` runs only those steps.
// The last line is always "N passed, N failed".
import { startEngine } from './engine.mjs'
import { lookUp } from './redis-server.mjs'
import { run } from './run.mjs'
import { always, runStep, runSteps } from './steps.mjs'

const localImage = 'quorumlock/redis:local'

/** Runs the suite on the engine that is running, or on one that runs only for it. */
async function runContainers(name, env) {
  console.log('\n▸ Docker engine')
  const engine = await startEngine()
  try {
    return await runStep(name, { ...env, ...engine.env, ...(await imageFor(engine.env)) })
  } finally {
    await engine.stop()
  }
}

/** Where a Redis server is installed, an image is made of it, so that nothing is downloaded. */
async function imageFor(env) {
  if (process.env.QUORUMLOCK_REDIS_IMAGE || !lookUp('redis-server')) return {}
  const { code, output } = await run('docker/local-image.sh', [], { env, quiet: true })
  if (code !== 0) throw new Error(`The image ${localImage} could not be built:\n${output}`)
  console.log(`✓ image ${localImage}`)
  return { QUORUMLOCK_REDIS_IMAGE: localImage }
}

await runSteps([...always, 'containers', 'outside', 'package', 'bench'], { containers: runContainers })
