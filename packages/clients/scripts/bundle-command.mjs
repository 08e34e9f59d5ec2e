// The `quorumlock` command of the present sources in one file, for tests that start it by the hundred: a third of the
// processor time that a loader of TypeScript takes. Prints where the file is.
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'

const root = fileURLToPath(new URL('..', import.meta.url))
const outDir = `${root}.jest/command`
await build({
  cwd: root,
  config: false,
  logLevel: 'warn',
  entry: { quorumlock: 'src/cli/main.ts' },
  outDir,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  dts: false,
  fixedExtension: false,
  deps: { alwaysBundle: [/^@quorumlock\//] },
  inputOptions: { resolve: { conditionNames: ['@quorumlock/source', 'node', 'import', 'default'] } },
})
console.log(`${outDir}/quorumlock.js`)
