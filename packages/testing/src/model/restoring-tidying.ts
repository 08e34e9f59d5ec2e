import { FREE, isFree, isTombstone, withoutClient } from './restoring-content.js'
import { dropped, isEnough, withRestorer } from './restoring-work.js'
import {
  has,
  replaced,
  type Found,
  type NodeOf,
  type RestorerOf,
  type RestoringState,
  type RestoringWorld,
  type Step,
} from './restoring-world.js'

/** Step 7. A restorer asks the witnesses one after another, so that much may happen between two answers. */
export function* tidyingSteps(world: RestoringWorld, state: RestoringState, index: number): Generator<Step> {
  const restorer = state.restorers[index] as RestorerOf
  const { target, found } = restorer
  for (let at = 0; at < world.nodes; at++) {
    const node = state.nodes[at] as NodeOf
    if (at === target || has(restorer.asked, at) || node.marker !== 'valid') continue
    const keeps = stays(world, found, node)
    const next = keeps
      ? dropped(state, index)
      : withRestorer(state, index, { ...restorer, asked: restorer.asked | (1 << at) })
    yield [`restorer ${index} asks node ${at}, which ${keeps ? 'has' : 'does not have'} it`, next]
  }
  const isLacking = world.broken === 'a copy is tidied that one witness has' && restorer.asked !== 0
  if (!isLacking && !isEnough(world, restorer)) return
  const node = state.nodes[target] as NodeOf
  const gone = found.kind === 'value' ? found.holders & node.copies : 0
  const isThere = found.kind === 'value' ? gone !== 0 : isTombstone(node)
  if (!isThere) return
  const left = found.kind === 'value' ? withoutClient(node, 31 - Math.clz32(gone)) : FREE
  const nodes = replaced(state.nodes, target, { ...node, ...left, copies: node.copies & ~gone })
  yield [`restorer ${index} tidies node ${target}`, dropped({ ...state, nodes }, index)]
}

/** Whether what a witness has keeps the copy or the tombstone in place. */
function stays(world: RestoringWorld, found: Found, witness: NodeOf): boolean {
  if (found.kind === 'value') {
    const isBlocked = isTombstone(witness) && world.broken !== 'a copy is tidied beside a tombstone'
    return (witness.holders & found.holders) !== 0 || isBlocked
  }
  return !isFree(witness) && world.broken !== 'a tombstone is tidied by its value'
}
