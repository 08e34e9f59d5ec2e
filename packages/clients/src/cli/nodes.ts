import type { NodeHealth } from '@quorumlock/core'
import type { Opening } from '../connect/opening.js'
import { visible, visibleJson } from '../visible.js'
import { common, parse } from './command-line.js'
import { isConfirmed } from './confirm.js'
import { connectionFrom } from './connection.js'
import { shownDuration } from './duration.js'
import { ExitCode } from './exit-codes.js'
import { usage } from './failure.js'
import { HELP_NODES } from './help.js'
import { narrator } from './narrate.js'
import { openAnyway } from './open.js'
import { print, say } from './say.js'
import { allChecked } from './settle.js'
import { tableOf } from './table.js'

const OPTIONS = {
  ...common,
  json: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const

const DEFAULT_TIMEOUT = 2_000

/** `quorumlock nodes`: the state of each node; and the decision about a quarantine that only people can take. */
export async function nodes(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_NODES)
  const [verb, node] = words
  if (verb !== undefined && (verb !== 'lift' || node === undefined || words.length > 2))
    throw usage('Expected quorumlock nodes, or quorumlock nodes lift <node>')
  const connection = connectionFrom(values, env)
  const isAsked = node !== undefined && values.yes !== true
  if (isAsked && !(await isConfirmed(questionAbout(node), 'lift', (answer) => answer.trim() === node))) {
    say('not confirmed, nothing was changed')
    return ExitCode.declined
  }
  const timeout = connection.timeout ?? DEFAULT_TIMEOUT
  const opening = openAnyway({ ...connection, timeout }, narrator(values.verbose === true))
  try {
    await opening.tried(timeout)
    await allChecked(opening.redlock)
    return node === undefined ? show(opening, values.json === true) : await lift(opening, node)
  } finally {
    await opening.redlock.close()
  }
}

function show({ redlock, missing }: Opening, isJson: boolean): number {
  const health = redlock.health()
  const whyDown = new Map(missing().map(({ node, obstacle }) => [node, obstacle?.reason]))
  const seen = health.map(({ name, state, reason, roundTrip, quarantine, restoring }) => ({
    node: name,
    state,
    ...(roundTrip === undefined ? {} : { roundTrip }),
    ...(restoring === undefined ? {} : { restoring }),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(reason === undefined ? {} : { reason: whyDown.get(name) ?? reason }),
  }))
  process.stdout.write(isJson ? `${visibleJson({ quorum: redlock.quorum, nodes: seen })}\n` : textOf(seen))
  const up = health.filter(({ state }) => state === 'up').length
  if (up >= redlock.quorum) return ExitCode.ok
  say(`${up} of ${health.length} nodes can vote, ${redlock.quorum} are needed`)
  return ExitCode.unavailable
}

type Seen = Pick<NodeHealth, 'state' | 'roundTrip' | 'quarantine' | 'reason'> & { readonly node: string }

function textOf(seen: readonly Seen[]): string {
  return tableOf([
    ['node', 'state', 'round trip', 'at most', 'reason'],
    ...seen.map(({ node, state, roundTrip, quarantine, reason }) => [
      node,
      state,
      roundTrip === undefined ? '' : `${roundTrip.toFixed(1)} ms`,
      quarantine === undefined ? '' : shownDuration(quarantine),
      reason ?? '',
    ]),
  ])
}

async function lift({ redlock }: Opening, node: string): Promise<number> {
  const state = redlock.health().find(({ name }) => name === node)?.state
  if (state === undefined)
    throw usage(
      `Expected a node, one of ${redlock
        .health()
        .map(({ name }) => name)
        .join(', ')}, got "${visible(node)}"`,
    )
  await redlock.liftQuarantine(node)
  say(state === 'up' ? `${node} was not in quarantine` : `${node} may vote again`)
  return ExitCode.ok
}

function questionAbout(node: string): string {
  return `Let ${visible(node)} vote although locks that it forgot may still be held? Somebody else may then get one of them. Type its name to confirm: `
}
