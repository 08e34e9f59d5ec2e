import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { start, type RunOptions, type Running } from './running.js'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** Starts the `quorumlock` command from its sources, without a terminal. */
export function quorumlock(args: readonly string[], { env = {}, ...options }: RunOptions = {}): Running {
  const { QUORUMLOCK_NODES: _, QUORUMLOCK_CONFIG: __, ...clean } = process.env
  return start(process.execPath, ['--conditions', '@quorumlock/source', '--import', tsx, main, ...args], {
    ...options,
    env: { ...clean, NODE_OPTIONS: '', ...env },
  })
}
