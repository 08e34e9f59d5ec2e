import { spawn, type ChildProcess } from 'node:child_process'
import { endWithUs } from '../../../testing/src/fleet/end-with-us.js'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when standard output contains the text. */
  prints(text: string): Promise<void>
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string
}

/** Starts a program without a terminal. The program and its children end with this process. */
export function start(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const { env, cwd, input } = options
  const child = endWithUs(
    spawn(program, args, {
      env,
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    }),
    'its group',
  )
  child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    for (const listener of listeners) listener()
  })
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const prints = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!stdout.includes(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without printing ${text}: ${stdout} ${stderr}`)))
    })
  return { process: child, ended, prints }
}
