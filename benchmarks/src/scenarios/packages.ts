import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import type { Row } from '../report/result.js'
import { measured } from '../statistics.js'
import type { Scenario } from './scenario.js'

/** Programs that import what a lock needs, without the Redis client, which the user has already. */
const imports: readonly { name: string; kind: Row['kind']; code: string }[] = [
  { name: '@quorumlock/core', kind: 'ours', code: `export { Redlock } from '@quorumlock/core'` },
  {
    name: '@quorumlock/core and clients',
    kind: 'ours',
    code: `export { Redlock } from '@quorumlock/core'; export { nodeRedisNode } from '@quorumlock/clients'`,
  },
  { name: 'redlock', kind: 'peer', code: `export { default } from 'redlock'` },
  { name: 'redis-semaphore', kind: 'peer', code: `export { RedlockMutex } from 'redis-semaphore'` },
  { name: 'redlock-universal', kind: 'peer', code: `export { createRedlock } from 'redlock-universal'` },
]

interface Esbuild {
  buildSync(options: object): { outputFiles: { contents: Uint8Array }[] }
}

export const packages: Scenario = {
  id: 'packages',
  run: async (context) => {
    const rounds = context.quick ? 2 : 15
    const rows = imports.map(({ name, kind, code }): Row => {
      const bytes = bundled(code)
      const start = startUps(code, rounds)
      return {
        name,
        kind,
        values: {
          min: bytes.length / 1_000,
          gzip: gzipSync(bytes, { level: 9 }).length / 1_000,
          start: measured(start),
        },
      }
    })
    return {
      id: 'packages',
      title: 'Size and start-up',
      method:
        'The size of a minified bundle of the import, without Redis clients; and how much longer a process takes if it imports it (with its own imports, Redis clients included).',
      columns: [
        { key: 'min', title: 'minified, kB', digits: 1, better: 'less' },
        { key: 'gzip', title: 'minified and gzipped, kB', digits: 1, better: 'less' },
        { key: 'start', title: 'start-up, ms', digits: 0, better: 'less' },
      ],
      rows,
      drawn: 'gzip',
    }
  },
}

function bundled(code: string): Uint8Array {
  // The esbuild that tsx brings.
  const { buildSync } = createRequire(createRequire(import.meta.url).resolve('tsx'))('esbuild') as Esbuild
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    external: ['redis', 'ioredis', '@redis/*'],
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]!.contents
}

function startUps(code: string, rounds: number): number[] {
  const once = (program: string): number => {
    const from = performance.now()
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: import.meta.dirname })
    return performance.now() - from
  }
  return Array.from({ length: rounds }, () => once(code) - once(''))
}
