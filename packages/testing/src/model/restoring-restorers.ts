import { ended, roundAbandoned } from './restoring-clients.js'
import { asFound, givenBack, isFree, isTombstone, merged } from './restoring-content.js'
import { tidyingSteps } from './restoring-tidying.js'
import { dropped, isEnough, withRestorer } from './restoring-work.js'
import {
  has,
  IDLE,
  replaced,
  type ClientOf,
  type Found,
  type NodeOf,
  type RestorerOf,
  type RestoringState,
  type RestoringWorld,
  type Step,
} from './restoring-world.js'

/** A value of a client that has ended, or a tombstone that may vanish at any time. */
const LEFTOVER: Found = { kind: 'differing', holders: 0, ages: 0 }

export function* restorerSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const restorer = state.restorers[index] as RestorerOf
  const name = `restorer ${index}`
  if (restorer.phase === 'idle') {
    for (let at = 0; at < world.nodes; at++) {
      if ((state.nodes[at] as NodeOf).marker !== 'quarantined') continue
      yield [`${name} takes on node ${at}`, withRestorer(state, index, takenOn(world, state, at))]
    }
    return
  }
  yield [`${name} dies or begins again`, dropped(state, index)]
  if (restorer.phase === 'settling') yield [`${name} has settled`, settled(world, state, index)]
  if (restorer.phase === 'listing') yield* listingSteps(world, state, index)
  if (restorer.phase === 'listing' && isEnough(world, restorer)) yield* givingSteps(world, state, index)
  if (restorer.phase === 'given') {
    // A page may have been sent a second time.
    yield* givingSteps(world, state, index)
    yield* admissionSteps(world, state, index)
  }
  if (restorer.phase === 'tidying') yield* tidyingSteps(world, state, index)
}

function takenOn(world: RestoringWorld, state: RestoringState, target: number): RestorerOf {
  if (world.broken === 'no settling') return { ...IDLE, phase: 'listing', target }
  let rounds = 0
  for (const [client, { granted, forgotten }] of state.clients.entries()) {
    if (world.freshness === 'of all rounds' ? granted !== 0 : has(forgotten, target)) rounds |= 1 << client
  }
  return { ...IDLE, phase: 'settling', target, rounds }
}

/** Step 2. By freshness, the rounds that were in flight when the wait began are decided or lost by now. */
function settled(world: RestoringWorld, state: RestoringState, index: number): RestoringState {
  const restorer = state.restorers[index] as RestorerOf
  let next = withRestorer(state, index, { ...restorer, phase: 'listing', rounds: 0 })
  if (world.broken === 'an old round is counted') return next
  for (let client = 0; client < world.clients; client++) {
    if (!has(restorer.rounds, client)) continue
    const { holding } = next.clients[client] as ClientOf
    next = holding ? roundAbandoned(next, client) : ended(next, client)
  }
  return next
}

/** Step 3. A free key may have been held for a moment by a client that is not modelled. */
function* listingSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const restorer = state.restorers[index] as RestorerOf
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    if (at === restorer.target || has(restorer.asked, at) || !mayBeListed(world, node)) continue
    const asked = restorer.asked | (1 << at)
    const listed = asFound(node)
    const found = merged(world, restorer.found, listed)
    yield [
      `restorer ${index} lists node ${at}: ${listed.kind}`,
      withRestorer(state, index, { ...restorer, asked, found }),
    ]
    if (listed.kind !== 'nothing') continue
    const other = merged(world, restorer.found, LEFTOVER)
    yield [
      `restorer ${index} lists node ${at}: a leftover`,
      withRestorer(state, index, { ...restorer, asked, found: other }),
    ]
  }
}

function mayBeListed({ broken }: RestoringWorld, { marker }: NodeOf): boolean {
  if (marker === 'valid') return true
  return marker === 'quarantined'
    ? broken === 'a node in quarantine is a witness'
    : broken === 'a witness is listed without a new greeting'
}

/** Step 5. Applied only in quarantine; a target with another stay has ended the work of this restorer. */
function* givingSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const restorer = state.restorers[index] as RestorerOf
  const { target, found } = restorer
  const node = state.nodes[target] as NodeOf
  const standing = asFound(node)
  const given = withRestorer(state, index, { ...restorer, phase: 'given', asked: 0 })
  if (world.broken === 'admitted before the last page' && restorer.phase === 'listing') {
    yield [`restorer ${index} admits node ${target}`, dropped(admitted(given, target), index)]
  }
  if (node.marker !== 'quarantined') {
    if (restorer.phase === 'listing') yield [`restorer ${index} gives nothing to node ${target}`, given]
    return
  }
  const name = `restorer ${index} gives ${found.kind} to node ${target}`
  yield [`${name}, where there is ${standing.kind}`, written(world, given, target, standing, found)]
  if (standing.kind !== 'nothing') return
  yield [`${name}, where there is a leftover`, written(world, given, target, LEFTOVER, found)]
}

function written(
  world: RestoringWorld,
  state: RestoringState,
  target: number,
  standing: Found,
  found: Found,
): RestoringState {
  const { holders, ages } = givenBack(world, standing, found)
  const node = state.nodes[target] as NodeOf
  const copies = (node.copies | found.holders) & holders
  return { ...state, nodes: replaced(state.nodes, target, { ...node, holders, ages, copies }) }
}

/** Step 6, then step 7 if there is something to tidy. Another restorer may have admitted it before. */
function* admissionSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const restorer = state.restorers[index] as RestorerOf
  const { target } = restorer
  const node = state.nodes[target] as NodeOf
  const next = admitted(state, target)
  const name = `restorer ${index} admits node ${target}`
  if (!world.tidies || isFree(node)) {
    yield [name, dropped(next, index)]
    return
  }
  const tidying = { ...restorer, phase: 'tidying' as const, asked: 0 }
  if (isTombstone(node)) yield [name, withRestorer(next, index, { ...tidying, found: asFound(node) })]
  else if (node.copies === 0) yield [name, dropped(next, index)]
  for (let client = 0; client < world.clients; client++) {
    if (!has(node.copies, client)) continue
    const copy: Found = { kind: 'value', holders: 1 << client, ages: node.ages & (3 << (2 * client)) }
    yield [`${name} with a copy for client ${client}`, withRestorer(next, index, { ...tidying, found: copy })]
  }
}

function admitted(state: RestoringState, target: number): RestoringState {
  const node = state.nodes[target] as NodeOf
  return { ...state, nodes: replaced(state.nodes, target, { ...node, marker: 'valid' as const }) }
}
