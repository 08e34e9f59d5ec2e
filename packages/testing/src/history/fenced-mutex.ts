import type { History } from './history.js'
import { byResource, holdsOf, type Hold } from './hold-table.js'
import { checkLinearizability, type Operation } from './linearizability.js'
import { verdict, type Verdict } from './verdict.js'

/** A mutex that knows its owner and hands out rising tokens. */
interface FencedMutex {
  readonly owner: string | undefined
  readonly token: bigint
}

const FREE: FencedMutex = { owner: undefined, token: 0n }

/** Whether the whole history is that of one mutex that hands out rising tokens, in an order that respects real time. */
export function checkFencedMutex(history: History): Verdict {
  const holds = holdsOf(history)
  const violations: string[] = []
  for (const [resource, group] of byResource(holds)) {
    const operations = group.flatMap((hold) => [taking(hold), givingUp(hold)])
    const { linearizable, longest } = checkLinearizability(
      operations,
      FREE,
      ({ owner, token }) => `${owner} ${token}`,
    )
    if (linearizable) continue
    violations.push(
      `${resource}: no order of its ${operations.length} operations makes sense; the longest begins with ${longest.length} of them and ends with ${longest.slice(-3).join(', ')}`,
    )
  }
  return verdict('fenced mutex', holds.length, violations)
}

/** Possible only on a free mutex, and only with a higher token than any before, if it has one. */
function taking({ attempt, token, asked, from }: Hold): Operation<FencedMutex> {
  return {
    name: `${attempt} takes it`,
    invoked: asked,
    completed: from,
    apply: (mutex) => {
      if (mutex.owner !== undefined || (token !== undefined && token <= mutex.token)) return undefined
      return { owner: attempt, token: token ?? mutex.token }
    },
  }
}

/** At the moment at which the holder no longer believes that it holds the lock. */
function givingUp({ attempt, to }: Hold): Operation<FencedMutex> {
  return {
    name: `${attempt} lets go`,
    invoked: to,
    completed: to,
    apply: (mutex) => (mutex.owner === attempt ? { owner: undefined, token: mutex.token } : undefined),
  }
}
