// As packages/testing/src/fleet/watchdog.ts does it for servers: a shell that reads from a pipe ends a process group when
// the process at the other end of the pipe has ended, whatever ended it, SIGKILL included.
import { spawn } from 'node:child_process'

// Those in the group that pass signals on get the time to do so.
const script = `
trap '' INT TERM HUP
read -r ended
[ -n "$ended" ] || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; }
`

/** Ends the process group of a child, which was started with `detached`, when this process ends before it. */
export function endWithUs(child) {
  const shell = spawn('/bin/sh', ['-c', script, 'quorumlock-watchdog', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  shell.stdin.unref()
  child.once('exit', () => shell.stdin.end('ended\n'))
}
