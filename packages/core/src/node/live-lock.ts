import type { Held, NodeState } from './stored.js'

export function liveLock(state: NodeState, key: string, now: number): Held | undefined {
  const lock = state.locks.get(key)
  if (lock === undefined || now <= lock.expiresAt) return lock
  state.locks.delete(key)
  return undefined
}
