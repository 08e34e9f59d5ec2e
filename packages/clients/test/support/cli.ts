import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { start, type RunOptions, type Running } from './running.js'

const bundler = fileURLToPath(new URL('../../scripts/bundle-command.mjs', import.meta.url))
let bundle: string | undefined

/** The file of the `quorumlock` command, bundled from the sources on first use. */
export function commandFile(): string {
  bundle ??= execFileSync(process.execPath, [bundler], { encoding: 'utf8' }).trim()
  return bundle
}

/** Starts the `quorumlock` command, without a terminal. */
export function quorumlock(args: readonly string[], { env = {}, ...options }: RunOptions = {}): Running {
  const { QUORUMLOCK_NODES: _, QUORUMLOCK_CONFIG: __, ...clean } = process.env
  return start(process.execPath, [commandFile(), ...args], {
    ...options,
    env: { ...clean, NODE_OPTIONS: '', ...env },
  })
}
