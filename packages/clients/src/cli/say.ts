import { visible } from '../visible.js'

/** Messages go to stderr, because standard output belongs to the user's command or to the requested output. */
export function say(text: string): void {
  process.stderr.write(`quorumlock: ${visible(text)}\n`)
}

/** The requested output. */
export function print(text: string): 0 {
  process.stdout.write(text)
  return 0
}
