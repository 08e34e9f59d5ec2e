import {
  IDLE,
  replaced,
  sizeOf,
  type NodeOf,
  type RestorerOf,
  type RestoringState,
  type RestoringWorld,
} from './restoring-world.js'

/** Whether enough witnesses were listed, or asked. */
export function isEnough(world: RestoringWorld, { asked }: RestorerOf): boolean {
  return sizeOf(asked) >= world.witnesses - (world.broken === 'one witness too few' ? 1 : 0)
}

export function withRestorer(state: RestoringState, index: number, restorer: RestorerOf): RestoringState {
  return { ...state, restorers: replaced(state.restorers, index, restorer) }
}

/** The restorer is done, has died, or begins again. */
export function dropped(state: RestoringState, index: number): RestoringState {
  const { target } = state.restorers[index] as RestorerOf
  return withoutIdleCopies(withRestorer(state, index, IDLE), target)
}

/** Ends all work on a node. */
export function abandoned(state: RestoringState, target: number): RestoringState {
  const restorers = state.restorers.map((restorer) => (restorer.target === target ? IDLE : restorer))
  return { ...state, restorers }
}

/** That a key is a copy makes a difference only to a restorer that may still tidy it. */
function withoutIdleCopies(state: RestoringState, at: number): RestoringState {
  const node = state.nodes[at] as NodeOf
  if (node.copies === 0 || state.restorers.some(({ target }) => target === at)) return state
  return { ...state, nodes: replaced(state.nodes, at, { ...node, copies: 0 }) }
}
