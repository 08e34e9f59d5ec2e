import { visible } from '../visible.js'

/** Our own voice, on stderr: standard output belongs to the command that we run, or to what was asked for. */
export function say(text: string): void {
  process.stderr.write(`quorumlock: ${visible(text)}\n`)
}

/** What was asked for. */
export function print(text: string): 0 {
  process.stdout.write(text)
  return 0
}
