import { common, parse } from './command-line.js'
import { isConfirmed } from './confirm.js'
import { ExitCode } from './exit-codes.js'
import { usage } from './failure.js'
import { HELP_RELEASE } from './help.js'
import { visible } from '../visible.js'
import { narrator } from './narrate.js'
import { connectionFrom } from './connection.js'
import { open } from './open.js'
import { print, say } from './say.js'
import { allJoined } from './settle.js'

const OPTIONS = {
  ...common,
  force: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const

/** `quorumlock release --force`: releases a resource, regardless of its holder. */
export async function release(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_RELEASE)
  const [resource] = words
  if (resource === undefined || words.length > 1)
    throw usage('Expected one resource: quorumlock release --force <resource>')
  if (values.force !== true) throw usage('This takes the lock away from its holder: pass --force to do so')
  const connection = connectionFrom(values, env)
  const isYes = (answer: string): boolean => isNameOf(resource, answer)
  if (values.yes !== true && !(await isConfirmed(questionAbout(resource), 'release', isYes))) {
    say('not confirmed, nothing was released')
    return ExitCode.declined
  }
  const redlock = await open(connection, narrator(values.verbose === true))
  try {
    // Without this wait, nodes that are still connecting would keep the lock.
    await allJoined(redlock)
    const was = await redlock.forceRelease(resource)
    say(was ? `${resource} was released` : `${resource} was not locked`)
    return ExitCode.ok
  } finally {
    await redlock.close()
  }
}

export function questionAbout(resource: string): string {
  return `Release ${visible(resource)} although its holder may still be working? Type its name to confirm: `
}

/** A name that cannot be typed can be confirmed in its displayed form. */
export function isNameOf(resource: string, answer: string): boolean {
  return answer === resource || answer.trim() === visible(resource).trim()
}
