import { systemClock } from '@quorumlock/core'
import type { Opening } from '../connect/opening.js'
import { visibleJson } from '../visible.js'
import { common, parse } from './command-line.js'
import { parseDuration } from './duration.js'
import { ExitCode } from './exit-codes.js'
import { failureOf, usage } from './failure.js'
import { HELP_STATUS } from './help.js'
import { narrator } from './narrate.js'
import { connectionFrom } from './connection.js'
import { openAnyway } from './open.js'
import { print, say } from './say.js'
import { allChecked } from './settle.js'
import { Signals } from './signals.js'
import { statusOf, textOf } from './status-view.js'

const OPTIONS = {
  ...common,
  json: { type: 'boolean' },
  watch: { type: 'boolean' },
  interval: { type: 'string' },
} as const

/** Shorter intervals show nothing new and put load on the nodes, milliseconds. */
const SHORTEST_INTERVAL = 100

/** Healthy nodes are connected after `SOON`. After that, only a majority is waited for, until the timeout. Milliseconds. */
const SOON = 1_000
const DEFAULT_TIMEOUT = 2_000

const CLEAR = '\u001b[H\u001b[2J'

/** `quorumlock status`: once, or repeatedly with `--watch`. */
export async function status(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_STATUS)
  if (words.length === 0) throw usage('Expected a resource: quorumlock status <resource>')
  const interval = parseDuration('--interval', values.interval ?? '1s')
  if (interval < SHORTEST_INTERVAL)
    throw usage(`Expected --interval to be at least ${SHORTEST_INTERVAL}ms, got "${String(values.interval)}"`)
  const connection = connectionFrom(values, env)
  const signals = new Signals()
  const timeout = connection.timeout ?? DEFAULT_TIMEOUT
  const opening = openAnyway({ ...connection, timeout }, narrator(values.verbose === true))
  const { redlock } = opening
  try {
    const areAll = await opening.connected(connection.nodes.length, Math.min(SOON, timeout))
    if (!areAll && timeout > SOON) await opening.connected(redlock.quorum, timeout - SOON)
    await allChecked(redlock)
    if (values.watch !== true) return await showAll(opening, words, values.json === true)
    for (;;) {
      if (process.stdout.isTTY && values.json !== true) process.stdout.write(CLEAR)
      await showAll(opening, words, values.json === true)
      await pause(interval, signals.signal)
      if (signals.ended !== undefined) return ExitCode.ok
    }
  } finally {
    signals.stop()
    await redlock.close()
  }
}

/** Returns the worst exit code. */
async function showAll(opening: Opening, resources: readonly string[], isJson: boolean): Promise<number> {
  let code: number = ExitCode.ok
  for (const resource of resources) code = Math.max(code, await show(opening, resource, isJson))
  return code
}

async function show(opening: Opening, resource: string, isJson: boolean): Promise<number> {
  try {
    const status = await statusOf(opening, resource)
    process.stdout.write(isJson ? `${visibleJson({ resource, ...status })}\n` : textOf(resource, status))
    if (!('error' in status)) return ExitCode.ok
    say(status.error)
    return ExitCode.unavailable
  } catch (error) {
    const { code, message } = failureOf(error)
    if (isJson) process.stdout.write(`${visibleJson({ resource, error: message })}\n`)
    say(message)
    return code
  }
}

async function pause(delay: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const done = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = systemClock.timer(delay, done)
    signal.addEventListener('abort', done)
  })
}
