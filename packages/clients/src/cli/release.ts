import { createInterface } from 'node:readline/promises'
import { common, parse } from './command-line.js'
import { ExitCode } from './exit-codes.js'
import { usage } from './failure.js'
import { HELP_RELEASE } from './help.js'
import { visible } from '../visible.js'
import { narrator } from './narrate.js'
import { connectionFrom } from './nodes.js'
import { open } from './open.js'
import { print, say } from './say.js'
import { allJoined } from './settle.js'

const OPTIONS = {
  ...common,
  force: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const

/** `quorumlock release --force`: frees a resource, whoever holds it. */
export async function release(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_RELEASE)
  const [resource] = words
  if (resource === undefined || words.length > 1)
    throw usage('Expected one resource: quorumlock release --force <resource>')
  if (values.force !== true)
    throw usage('This takes the lock away from its holder: say --force if that is what you want')
  const connection = connectionFrom(values, env)
  if (values.yes !== true && !(await isConfirmed(resource))) {
    say('nothing was done')
    return ExitCode.declined
  }
  const redlock = await open(connection, narrator(values.verbose === true))
  try {
    // Freed on all nodes or it would be free on some only.
    await allJoined(redlock)
    const was = await redlock.forceRelease(resource)
    say(was ? `${resource} is free now` : `nobody held ${resource}`)
    return ExitCode.ok
  } finally {
    await redlock.close()
  }
}

async function isConfirmed(resource: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usage('There is no terminal to ask on: say --yes to free it without a question')
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return isNameOf(resource, await dialogue.question(questionAbout(resource)))
  } finally {
    dialogue.close()
  }
}

export function questionAbout(resource: string): string {
  return `Free ${visible(resource)} although its holder may be at work? Type its name to confirm: `
}

/** A name that cannot be typed is confirmed as it is shown. */
export function isNameOf(resource: string, answer: string): boolean {
  return answer === resource || answer.trim() === visible(resource).trim()
}
