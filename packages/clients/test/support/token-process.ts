import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../../../testing/src/fleet/end-with-us.js'

const file = fileURLToPath(new URL('./token-worker.ts', import.meta.url))

/** The options of token-worker.ts. */
export interface TokenOrder {
  readonly urls: readonly string[]
  /** The error of its wall clock, milliseconds. */
  readonly skew: number
  readonly grants: number
  readonly resources: number
}

export interface TokenProcess {
  readonly ended: Promise<number | null>
  kill(): void
}

/** A process that draws tokens; `onLine` gets every line that it writes. */
export function startTokenProcess(order: TokenOrder, onLine: (line: string) => void): TokenProcess {
  const child = endWithUs(
    spawn(
      process.execPath,
      ['--conditions', '@quorumlock/source', '--import', 'tsx', file, JSON.stringify(order)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  )
  createInterface(child.stdout).on('line', onLine)
  return {
    ended: new Promise((resolve) => child.once('close', resolve)),
    kill: () => void child.kill('SIGKILL'),
  }
}
