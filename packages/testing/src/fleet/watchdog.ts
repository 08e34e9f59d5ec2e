import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

export interface WatchdogOptions {
  /** Removed at the end. */
  readonly folder?: string | undefined
  /** Run at the end, before the folder goes. */
  readonly command?: readonly string[] | undefined
}

/** Outlives the process that started it just long enough to end the processes which that one left behind. */
export interface Watchdog {
  /** From now on this process ends with us; with a negative number, this whole process group. */
  add(pid: number): void
  /** This process has ended by itself; its number may soon be another's. */
  remove(pid: number): void
  /** Ends what is guarded and cleans up. Resolves when both are done. */
  finish(): Promise<void>
}

/*
 * The shell reads the latest list of processes from a pipe. However this process ends, SIGKILL included, the system
 * closes the pipe; then the shell ends the others and cleans up. So no signal handlers are needed here.
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
    // Its own session: an interrupt from the terminal must not reach it.
    detached: true,
  })
  const ended = once(shell, 'exit')
  // finish() reports it; until then nobody may be listening.
  ended.catch(() => undefined)
  shell.stdin.on('error', () => undefined)
  // Waiting for us must not keep the test process alive.
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
      if (status !== 0) throw new Error(`The clean-up of ${folder} ended with status ${status ?? 'unknown'}`)
    },
  }
}
