// Lets a story control when a program continues, without keeping the program alive in between.
import { once } from 'node:events'

/** Resolves with the next line of standard input. */
export async function nextLine() {
  process.stdin.setEncoding('utf8').resume()
  const [line] = await once(process.stdin, 'data')
  process.stdin.pause()
  return line.trim()
}
