import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../../src/fleet/end-with-us.js'

/** A separate process that holds locks, to be stopped and ended from outside. */
export interface LockingProcess {
  readonly pid: number
  /** Resolves with its next message. Rejects if it ends without one. */
  next(): Promise<Readonly<Record<string, unknown>>>
  /** Lets it continue where it waits for a message. */
  proceed(): void
  signal(signal: NodeJS.Signals): void
  readonly ended: Promise<{ readonly code: number | null; readonly complaints: string }>
}

const file = fileURLToPath(new URL('./locking-process-main.ts', import.meta.url))

export function startLockingProcess(role: string, urls: readonly string[], ttl: number): LockingProcess {
  const child = endWithUs(
    spawn(
      process.execPath,
      [
        '--expose-gc',
        '--conditions',
        '@quorumlock/source',
        '--import',
        'tsx',
        file,
        role,
        urls.join(','),
        String(ttl),
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
    ),
  )
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const ended = new Promise<{ code: number | null; complaints: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, complaints }))
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    pid: child.pid as number,
    next: async () => {
      const { done, value } = await lines.next()
      if (done === true) throw new Error(`The process ended without a message: ${(await ended).complaints}`)
      return JSON.parse(value) as Record<string, unknown>
    },
    proceed: () => void child.stdin.write('continue\n'),
    signal: (signal) => void child.kill(signal),
    ended,
  }
}
