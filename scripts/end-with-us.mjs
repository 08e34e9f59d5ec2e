// As in packages/testing/src/fleet/watchdog.ts: a shell reads from a pipe and ends a process group once the process at the
// other end of the pipe has ended, even by SIGKILL.
import { spawn } from 'node:child_process'

// Processes in the group that forward signals get the time to do so.
const script = `
trap '' INT TERM HUP
read -r ended
[ -n "$ended" ] || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; }
`

/** Ends the process group of a child, which must be `detached`, when this process ends first. */
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
