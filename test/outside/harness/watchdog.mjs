// Programs end with the story that started them, even if it gets SIGKILL: a shell reads the list of their process groups
// from a pipe, which the system closes with the story.
import { spawn } from 'node:child_process'

const script = `
trap '' INT TERM HUP
groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group"; done
`

const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
shell.stdin.on('error', () => {
  // The shell was killed. The programs still end with their story in the usual way.
})
shell.unref()
shell.stdin.unref()

const groups = new Set()
const report = () => shell.stdin.write(`${[...groups].join(' ')}\n`)

export function guard(group) {
  groups.add(group)
  report()
}

export function unguard(group) {
  groups.delete(group)
  report()
}
