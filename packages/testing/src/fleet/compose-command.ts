import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How compose is called on this machine. */
export interface ComposeCommand {
  readonly words: readonly string[]
  readonly standalone: boolean
}

/** The plugin `docker compose` if it is installed, else the older `docker-compose` program. */
export async function findCompose(): Promise<ComposeCommand> {
  const candidates: readonly ComposeCommand[] = [
    { words: ['docker', 'compose'], standalone: false },
    { words: ['docker-compose'], standalone: true },
  ]
  for (const candidate of candidates) {
    const [program = '', ...args] = candidate.words
    try {
      await run(program, [...args, 'version'])
      return candidate
    } catch {
      // Try the next candidate.
    }
  }
  throw new Error(
    'Neither `docker compose` nor `docker-compose` works. Install Docker with compose, ' +
      "or start the fleet with { backend: 'processes' }.",
  )
}
