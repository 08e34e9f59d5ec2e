// `npm test`: sets up what is missing, then runs every check and every suite that needs no container engine.
// `node scripts/test.mjs lint redis` runs only those; `containers`, `outside`, `package` and `bench` run only when named.
// The last line is always "N passed, N failed".
import { delimiter, join } from 'node:path'
import { countResults, forgetResults } from './count.mjs'
import { root, run } from './run.mjs'
import { setUp } from './setup.mjs'

const turbo = (...args) => ['turbo', 'run', ...args, '--continue', '--log-order=stream']
const jest = (task, ...args) => turbo(task, '--output-logs=new-only', ...args)

/** A step counts its tests (`kind`), or counts as one. */
const steps = {
  format: { title: 'format', command: ['biome', 'format', '.'] },
  types: { title: 'types', command: turbo('typecheck', '--output-logs=errors-only') },
  lint: { title: 'lint', command: turbo('lint', '//#lint:root', '--output-logs=errors-only') },
  deadcode: { title: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
  unit: { title: 'unit tests', command: jest('test'), kind: 'unit' },
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
    title: 'what a reader of the documents does',
    command: turbo('//#test:outside', '--output-logs=full'),
    kind: 'outside',
  },
  package: { title: 'packed packages', command: turbo('//#test:package', '--output-logs=full') },
  bench: {
    title: 'smoke test of the benchmarks',
    command: [...turbo('bench', '--output-logs=new-only'), '--', '--quick'],
  },
}
const always = ['format', 'types', 'lint', 'deadcode', 'unit', 'simulation', 'docs', 'redis']
const onServers = ['redis', 'docs', 'outside', 'bench']

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

async function runStep({ title, command: [program, ...args], kind }, env) {
  console.log(`\n▸ ${title}`)
  const started = Date.now()
  if (kind) forgetResults(kind)
  const { code } = await run(program, args, { env })
  const result = kind ? countResults(kind, code) : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
  const tests = kind ? `: ${result.passed} passed, ${result.failed} failed` : ''
  const skipped = result.skipped ? `, ${result.skipped} skipped` : ''
  console.log(`${result.failed === 0 ? '✓' : '✗'} ${title}${tests}${skipped} (${seconds(started)})`)
  return { title, ...result }
}

async function main(names) {
  const unknown = names.filter((name) => !(name in steps))
  if (unknown.length > 0) {
    throw new Error(`Expected steps to be among ${Object.keys(steps).join(', ')}, got ${unknown.join(', ')}`)
  }
  const started = Date.now()
  const chosen = names.length > 0 ? names : always
  const found = await setUp({ redis: chosen.some((name) => onServers.includes(name)) ? 'required' : 'none' })
  const env = {
    ...found,
    TURBO_TELEMETRY_DISABLED: '1',
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  }
  const results = []
  for (const name of chosen) results.push(await runStep(steps[name], env))

  const failures = results.filter(({ failed }) => failed > 0)
  console.log(`\n${chosen.length} steps in ${seconds(started)}`)
  if (failures.length > 0) console.log(`Failed: ${failures.map(({ title }) => title).join(', ')}`)
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  }
}

let total = { passed: 0, failed: 1 }
try {
  total = await main(process.argv.slice(2))
} catch (error) {
  console.error(`\n✗ ${error.message}`)
}
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed`)
