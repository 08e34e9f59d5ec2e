#!/usr/bin/env node
import { doctor } from './doctor.js'
import { exec } from './exec.js'
import { failureOf, usage } from './failure.js'
import { HELP } from './help.js'
import { release } from './release.js'
import { print, say } from './say.js'
import { status } from './status.js'

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>>
> = {
  exec,
  status,
  release,
  doctor,
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP)
  if (name === undefined) throw usage('Expected a command: exec, status, release or doctor')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) throw usage(`Expected a command: exec, status, release or doctor, got "${name}"`)
  return command(args, process.env)
}

/** Whatever still goes on, a connection that cannot be made for one, has nothing to say any more. */
function end(code: number): void {
  process.exit(code)
}

main(process.argv.slice(2)).then(end, (error: unknown) => {
  const { code, message } = failureOf(error)
  say(message)
  end(code)
})
