import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

export interface WatchdogOptions {
  /** Removed at the end. */
  readonly folder?: string | undefined
  /** Run at the end, before the folder is removed. */
  readonly command?: readonly string[] | undefined
}

/** Outlives the process that started it just long enough to end the processes that it left behind. */
export interface Watchdog {
  /** From now on the process with this id ends with the current one; a negative number stands for a process group. */
  add(pid: number): void
  /** The process has ended, and its id may soon be reused. */
  remove(pid: number): void
  /** Ends the guarded processes and cleans up. Resolves when both are done. */
  finish(): Promise<void>
}

/*
 * The shell reads the latest list of processes from a pipe. However this process ends, SIGKILL included, the system
 * closes the pipe. The shell then ends the others and cleans up, so no signal handlers are needed here.
 */
const script = `
trap '' INT TERM HUP
folder=$1; shift
pids=
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -s KILL -- $pids
status=0
[ $# -eq 0 ] || "$@" || status=$?
[ -z "$folder" ] || rm -rf -- "$folder"
exit $status
`

export function startWatchdog({ folder = '', command = [] }: WatchdogOptions = {}): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'quorumlock-watchdog', folder, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In its own session, because an interrupt from the terminal must not reach it.
    detached: true,
  })
  const ended = once(shell, 'exit')
  // finish() reports it; until then there may be no listener.
  ended.catch(() => undefined)
  shell.stdin.on('error', () => undefined)
  // The watchdog must not keep the test process alive.
  shell.unref()
  if (shell.stdin instanceof Socket) shell.stdin.unref()

  const pids = new Set<number>()
  const report = (): void => void shell.stdin.write(`${[...pids].join(' ')}\n`)
  return {
    add: (pid) => {
      pids.add(pid)
      report()
    },
    remove: (pid) => {
      if (pids.delete(pid)) report()
    },
    finish: async () => {
      shell.ref()
      shell.stdin.end()
      const [status] = (await ended) as [number | null]
      if (status !== 0) throw new Error(`The cleanup of ${folder} ended with status ${status ?? 'unknown'}`)
    },
  }
}
