// Packs the three packages as they are published, installs them in an empty project, and uses them as a new user would:
// from an ES module, from CommonJS and from TypeScript. Needs a build; turbo runs it first.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './root.mjs'
import { onInterrupt, run } from './run.mjs'

const bin = (name, where = root) => join(where, 'node_modules', '.bin', name)
const packages = ['core', 'clients', 'testing']

const use = `
async function main() {
  const redlock = new Redlock({ nodes: [memoryNode()] })
  const lock = await redlock.tryAcquire('order:42', { ttl: 5000 })
  if (lock === null) throw new Error('Expected a lock')
  if ((await redlock.tryAcquire('order:42')) !== null) throw new Error('Expected the lock to be held')
  const outcome = await lock.release()
  if (outcome !== 'released') throw new Error('Expected released, got ' + outcome)
  await redlock.close()
  for (const named of [connect, nodeRedisNode, ioredisNode, daprNode]) {
    if (typeof named !== 'function') throw new Error('Expected a function, got ' + String(named))
  }
}
void main().then(() => console.log('ok'))
`

const names = 'Redlock, memoryNode'
const clients = 'connect, nodeRedisNode, ioredisNode, daprNode'
const imports = `import { ${names} } from '@quorumlock/core'
import * as recipes from '@quorumlock/core/recipes'
import { ${clients} } from '@quorumlock/clients'
void recipes
`
const requires = `const { ${names} } = require('@quorumlock/core')
require('@quorumlock/core/recipes')
const { ${clients} } = require('@quorumlock/clients')
`

const metered = `import { instrument } from '@quorumlock/core/opentelemetry'
void instrument
`

const tsconfig = (...include) =>
  JSON.stringify({
    compilerOptions: {
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      // The published declarations must pass, too.
      skipLibCheck: false,
    },
    include,
  })

const files = {
  'package.json': JSON.stringify({ name: 'new-user', private: true }),
  'esm.mjs': imports + use,
  'cjs.cjs': requires + use,
  'esm-types.mts': imports + use,
  'cjs-types.cts': imports + use,
  'testing.mts': `import { startFleet, type Fleet } from '@quorumlock/testing'
const start: (options: { nodes: number }) => Promise<Fleet> = startFleet
void start
`,
  'both.cjs': `const assert = require('node:assert')
const required = require('@quorumlock/core')
import('@quorumlock/core').then((imported) => {
  const errors = Object.keys(imported).filter((name) => name.endsWith('Error'))
  assert.ok(errors.length > 0)
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort())
  console.log('ok')
})
`,
  'tsconfig.json': tsconfig('esm-types.mts', 'cjs-types.cts', 'testing.mts'),
  // These need the optional @opentelemetry/api, which is installed after everything else has run without it.
  'metered.mts': metered,
  'metered.cts': metered,
  'metered.mjs': `${metered}
console.log(typeof instrument)
`,
  'metered.cjs': `console.log(require('@quorumlock/core/opentelemetry').instrument.name)
`,
  'tsconfig.metered.json': tsconfig('metered.mts', 'metered.cts'),
}

const folder = mkdtempSync(join(tmpdir(), 'quorumlock-package-'))
const remove = () => rmSync(folder, { recursive: true, force: true })
onInterrupt(remove)

async function step(title, command, args, options = {}) {
  // Not the path that pnpm sets for scripts: with it the project would find the dependencies of this repository.
  const env = { NODE_PATH: '' }
  const { code, output } = await run(command, args, { quiet: true, env, ...options })
  console.log(`${code === 0 ? '✓' : '✗'} ${title}`)
  if (code !== 0) {
    console.log(output.trimEnd().replace(/^/gm, '    '))
    process.exitCode = 1
  }
  return code === 0
}

try {
  const tarballs = join(folder, 'tarballs')
  const project = join(folder, 'project')
  mkdirSync(tarballs)
  mkdirSync(project)
  for (const name of packages) {
    const cwd = join(root, 'packages', name)
    await step(`${name} packs`, bin('pnpm'), ['pack', '--pack-destination', tarballs], { cwd })
  }
  await step('the reports of the public interfaces are up to date', process.execPath, [
    'scripts/api-report.mjs',
    '--check',
  ])
  await step('sizes are within their limits', bin('size-limit'), [])
  const packed = readdirSync(tarballs).map((name) => join(tarballs, name))
  for (const tarball of packed) {
    const name = /quorumlock-(\w+)-/.exec(tarball.slice(tarballs.length))?.[1]
    await step(`${name}: publint`, bin('publint'), ['run', tarball, '--strict'])
    // By design, a package of ES modules cannot be required, and old resolvers cannot resolve subpaths.
    const profile = name === 'testing' ? 'esm-only' : 'node16'
    await step(`${name}: are the types wrong?`, bin('attw'), [tarball, '--profile', profile])
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  const install = ['install', '--no-audit', '--no-fund', '--no-package-lock']
  if (
    await step('npm installs the tarballs in an empty project', 'npm', [...install, ...packed], {
      cwd: project,
    })
  ) {
    const node = process.execPath
    await step('used from an ES module', node, ['esm.mjs'], { cwd: project })
    await step('used from CommonJS', node, ['cjs.cjs'], { cwd: project })
    await step('both formats export the same names', node, ['both.cjs'], { cwd: project })
    await step('the quorumlock command prints its help', bin('quorumlock', project), ['--help'])
    await step('used from TypeScript under NodeNext', bin('tsc'), ['-p', 'tsconfig.json'], { cwd: project })
    await step('npm adds the optional peer', 'npm', [...install, '@opentelemetry/api@1'], { cwd: project })
    await step('metrics from an ES module', node, ['metered.mjs'], { cwd: project })
    await step('metrics from CommonJS', node, ['metered.cjs'], { cwd: project })
    await step('metrics from TypeScript', bin('tsc'), ['-p', 'tsconfig.metered.json'], { cwd: project })
  }
} finally {
  remove()
}
