#!/usr/bin/env node
import { createRequire } from 'node:module'
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
  if (name === '--version') return print(`${version()}\n`)
  if (name === undefined) throw usage('Expected a command: exec, status, release or doctor')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const first = name.startsWith('-') ? ' before any option' : ''
    throw usage(`Expected a command${first}: exec, status, release or doctor, got "${name}"`)
  }
  return command(args, process.env)
}

function version(): string {
  // By its own name the package finds itself, from its sources as from what is built.
  const manifest: unknown = createRequire(import.meta.url)('@quorumlock/clients/package.json')
  return (manifest as { version: string }).version
}

/** Whatever still goes on, a connection that cannot be made for one, has nothing to say any more. */
function end(code: number): void {
  process.exit(code)
}

// Who read our output has gone, `head` for one: end as other commands do, of SIGPIPE.
process.stdout.on('error', () => end(128 + 13))
// Nobody hears us any more. A command that runs under a lock must not lose its keeper for that.
process.stderr.on('error', () => undefined)

main(process.argv.slice(2)).then(end, (error: unknown) => {
  const { code, message } = failureOf(error)
  say(message)
  end(code)
})
