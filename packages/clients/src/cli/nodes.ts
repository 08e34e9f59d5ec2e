import type { Logger, NodeHealth } from '@quorumlock/core'
import type { Opening } from '../connect/opening.js'
import { visible, visibleJson } from '../visible.js'
import { common, parse } from './command-line.js'
import { isConfirmed } from './confirm.js'
import { connectionFrom, type Connection } from './connection.js'
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

/** `quorumlock nodes`: the state of each node; and the two decisions that only people can take. */
export async function nodes(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_NODES)
  const decision = decisionIn(words)
  const connection = connectionFrom(values, env)
  if (decision !== undefined && values.yes !== true) {
    const { question, verb, answer } = decision
    if (!(await isConfirmed(question, verb, (given) => given.trim() === answer))) {
      say('not confirmed, nothing was changed')
      return ExitCode.declined
    }
  }
  const look = (
    found: 'majority' | 'never',
    use: (opening: Opening) => number | Promise<number>,
  ): Promise<number> => withNodes(connection, narrator(values.verbose === true), found, use)
  if (decision?.verb === 'lift') return look('never', (opening) => lift(opening, decision.answer))
  if (decision === undefined) return look('never', (opening) => show(opening, values.json === true))
  if ((await look('never', newNodes)) > 0) return look('majority', founded)
  return look('never', (opening) => {
    say('nothing was founded: too few nodes can be reached, or they belong to a fleet')
    return show(opening, values.json === true)
  })
}

interface Decision {
  readonly verb: 'found' | 'lift'
  readonly question: string
  /** What a person types to confirm. */
  readonly answer: string
}

function decisionIn([verb, node, ...more]: readonly string[]): Decision | undefined {
  if (verb === undefined) return undefined
  if (verb === 'lift' && node !== undefined && more.length === 0)
    return { verb, question: questionAbout(node), answer: node }
  if (verb === 'found' && node === undefined)
    return { verb, question: QUESTION_ABOUT_FOUNDING, answer: 'found' }
  throw usage('Expected quorumlock nodes, quorumlock nodes found, or quorumlock nodes lift <node>')
}

/** Connects to the nodes that can be reached, and waits until each was asked what it knows. */
async function withNodes(
  connection: Connection,
  logger: Logger | undefined,
  found: 'majority' | 'never',
  use: (opening: Opening) => number | Promise<number>,
): Promise<number> {
  const timeout = connection.timeout ?? DEFAULT_TIMEOUT
  const opening = openAnyway({ ...connection, timeout }, logger, found)
  try {
    await opening.tried(timeout)
    await allChecked(opening.redlock)
    return await use(opening)
  } finally {
    await opening.redlock.close()
  }
}

function newNodes({ redlock }: Opening): number {
  return redlock.health().filter(({ state }) => state === 'new').length
}

function founded({ redlock }: Opening): number {
  const health = redlock.health()
  const up = health.filter(({ state }) => state === 'up').length
  if (up >= redlock.quorum) {
    say(`the fleet is founded, and ${up} of ${health.length} nodes can vote`)
    return ExitCode.ok
  }
  say(`the fleet is not founded: ${up} of ${health.length} nodes can vote, ${redlock.quorum} are needed`)
  return ExitCode.unavailable
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
  if (health.every(({ state }) => state === 'new')) {
    say('the fleet is new: the first client that locks founds it')
    return ExitCode.ok
  }
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
  if (state === 'new') throw usage(`${node} is new and in no quarantine: see quorumlock nodes found`)
  await redlock.liftQuarantine(node)
  say(state === 'up' ? `${node} was not in quarantine` : `${node} may vote again`)
  return ExitCode.ok
}

const QUESTION_ABOUT_FOUNDING =
  'Found the fleet without the nodes that are away? If it is not new, they may know of locks that somebody else then gets while their holders still work. Type found to confirm: '

function questionAbout(node: string): string {
  return `Let ${visible(node)} vote although locks that it forgot may still be held? Somebody else may then get one of them. Type its name to confirm: `
}
