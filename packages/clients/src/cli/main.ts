#!/usr/bin/env node
import { createRequire } from 'node:module'
import { doctor } from './doctor.js'
import { exec } from './exec.js'
import { failureOf, usage } from './failure.js'
import { HELP } from './help.js'
import { nodes } from './nodes.js'
import { release } from './release.js'
import { print, say } from './say.js'
import { status } from './status.js'

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>>
> = {
  exec,
  status,
  release,
  nodes,
  doctor,
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return print(HELP)
  if (name === '--version') return print(`${version()}\n`)
  if (name === undefined) throw usage('Expected a command: exec, status, release, nodes or doctor')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const first = name.startsWith('-') ? ' before any option' : ''
    throw usage(`Expected a command${first}: exec, status, release, nodes or doctor, got "${name}"`)
  }
  return command(args, process.env)
}

function version(): string {
  // The package finds itself by its own name, both from its sources and from the build.
  const manifest: unknown = createRequire(import.meta.url)('@quorumlock/clients/package.json')
  return (manifest as { version: string }).version
}

/** Work still in flight, such as a failing connect, no longer matters. */
function end(code: number): void {
  process.exit(code)
}

// The reader of our output has exited, for example `head`. Ends as other commands do on SIGPIPE.
process.stdout.on('error', () => end(128 + 13))
// Messages are lost from now on, but the command must keep running under its lock.
process.stderr.on('error', () => undefined)

main(process.argv.slice(2)).then(end, (error: unknown) => {
  const { code, message } = failureOf(error)
  say(message)
  end(code)
})
