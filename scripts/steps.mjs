// The steps that `npm test` and .ci/run are made of.
import { delimiter, join } from 'node:path'
import { conclude, failed, forgetResults, readResults, sum } from './results.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

const turbo = (...args) => ['turbo', 'run', ...args, '--continue', '--log-order=stream']
const jest = (...tasks) => turbo(...tasks, '--output-logs=new-only')

/** A step of a `kind` counts its tests, any other step counts as one. */
const steps = {
  format: { title: 'format', command: ['biome', 'format', '.'] },
  types: { title: 'types', command: turbo('typecheck', '--output-logs=errors-only') },
  lint: { title: 'lint', command: turbo('lint', '//#lint:root', '--output-logs=errors-only') },
  deadcode: { title: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
  unit: { title: 'unit tests', command: jest('test', '//#test:root'), kind: 'unit' },
  simulation: { title: 'simulation', command: jest('test:simulation'), kind: 'simulation' },
  redis: {
    title: 'tests on five Redis servers',
    command: jest('test:redis', '--concurrency=1'),
    kind: 'redis',
  },
  containers: {
    title: 'tests on five containers',
    command: jest('test:containers', '--concurrency=1'),
    kind: 'containers',
  },
  docs: { title: 'links and snippets of the docs', command: ['node', 'scripts/check-docs.mjs'] },
  outside: {
    title: 'what a reader of the docs does',
    command: turbo('//#test:outside', '--output-logs=full'),
    kind: 'outside',
  },
  package: { title: 'packed packages', command: turbo('//#test:package', '--output-logs=full') },
  bench: {
    title: 'smoke test of the benchmarks',
    command: [...turbo('bench', '--output-logs=new-only'), '--', '--quick'],
  },
}
const onServers = ['redis', 'docs', 'outside', 'bench']

/** Everything that needs no container engine and no packed packages. */
export const always = ['format', 'types', 'lint', 'deadcode', 'unit', 'simulation', 'docs', 'redis']

/**
 * Runs the steps named on the command line, or these, and prints the sum.
 * @param {string[]} byDefault
 * @param {Record<string, typeof runStep>} special steps that need more than their command
 */
export async function runSteps(byDefault, special = {}) {
  const started = Date.now()
  const results = []
  try {
    const names = namesOr(byDefault)
    const env = await prepare(names)
    for (const name of names) {
      const running = (special[name] ?? runStep)(name, env)
      results.push(await running.catch((error) => failed(name, error.message)))
    }
    console.log(`\n${names.length} ${names.length === 1 ? 'step' : 'steps'} in ${seconds(started)}\n`)
  } catch (error) {
    results.push(failed('setup', error.message))
  }
  conclude(sum(results))
}

function namesOr(byDefault) {
  const names = process.argv.slice(2)
  const unknown = names.filter((name) => !(name in steps))
  if (unknown.length > 0) {
    throw new Error(`Expected steps to be among ${Object.keys(steps).join(', ')}, got ${unknown.join(', ')}`)
  }
  return names.length > 0 ? names : byDefault
}

/** Sets up what the steps need, and resolves to their environment. */
async function prepare(names) {
  const needsRedis = names.some((name) => onServers.includes(name))
  return {
    ...(await setUp({ redis: needsRedis ? 'required' : 'none' })),
    TURBO_TELEMETRY_DISABLED: '1',
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  }
}

/** @returns {Promise<import('./results.mjs').Results>} */
export async function runStep(name, env) {
  const { title, command, kind } = steps[name]
  const [program, ...args] = command
  console.log(`\n▸ ${title}`)
  const started = Date.now()
  if (kind) forgetResults(kind)
  const { code } = await run(program, args, { env })
  const results = kind ? readResults(kind, code) : resultOf(name, code)
  const { passed, skipped, failures } = results
  const counts = kind ? `: ${passed} passed, ${failures.length} failed` : ''
  const skips = skipped > 0 ? `, ${skipped} skipped` : ''
  console.log(`${failures.length === 0 ? '✓' : '✗'} ${title}${counts}${skips} (${seconds(started)})`)
  return results
}

/** A step that is no suite passes or fails as a whole. */
function resultOf(name, code) {
  if (code === 0) return { passed: 1, skipped: 0, failures: [] }
  return failed(name, `ended with status ${code}; its output is above, after "▸ ${steps[name].title}"`)
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
