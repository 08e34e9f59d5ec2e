// Lets a story say when a program goes on. Nothing of it keeps the program alive in between.
import { once } from 'node:events'

/** Resolves with the next line of standard input. */
export async function told() {
  process.stdin.setEncoding('utf8').resume()
  const [line] = await once(process.stdin, 'data')
  process.stdin.pause()
  return line.trim()
}
