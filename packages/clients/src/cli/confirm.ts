import { createInterface } from 'node:readline/promises'
import { usage } from './failure.js'

/** Asks a person on the terminal. `doing` is what can be done without one, with `--yes`. */
export async function isConfirmed(
  question: string,
  doing: string,
  isYes: (answer: string) => boolean,
): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usage(`There is no terminal for the confirmation: pass --yes to ${doing} without it`)
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return isYes(await dialogue.question(question))
  } finally {
    dialogue.close()
  }
}
