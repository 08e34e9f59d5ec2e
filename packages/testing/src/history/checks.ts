import type { History } from './history.js'
import { byResource, holdsOf, type Hold } from './holds.js'
import { verdict, type Verdict } from './verdict.js'

/** No two clients may be right to believe, at one moment, that they hold the same lock. */
export function checkMutualExclusion(history: History): Verdict {
  const holds = holdsOf(history)
  const violations: string[] = []
  for (const [resource, group] of byResource(holds)) {
    let last: Hold | undefined
    for (const hold of [...group].sort((a, b) => a.from - b.from)) {
      if (last !== undefined && hold.from < last.to) {
        const overlap = Math.min(last.to, hold.to) - hold.from
        violations.push(
          `${resource}: ${hold.attempt} was granted at ${hold.from.toFixed(3)} ms while ${last.attempt} held it ` +
            `until ${last.to.toFixed(3)} ms, ${overlap.toFixed(3)} ms of both`,
        )
      }
      if (last === undefined || hold.to > last.to) last = hold
    }
  }
  return verdict('mutual exclusion', holds.length, violations)
}

/** A token must be higher than every token that had been granted before its holder asked. */
export function checkTokens(history: History): Verdict {
  const withToken = holdsOf(history).filter(
    (hold): hold is Hold & { token: bigint } => hold.token !== undefined,
  )
  const violations: string[] = []
  for (const [resource, group] of byResource(withToken)) {
    const granted = [...group].sort((a, b) => a.from - b.from) as (Hold & { token: bigint })[]
    const inOrderAsked = [...granted].sort((a, b) => a.asked - b.asked)
    const seen = new Map<bigint, string>()
    let highest: (Hold & { token: bigint }) | undefined
    let next = 0
    for (const hold of inOrderAsked) {
      for (; next < granted.length && (granted[next] as Hold).from < hold.asked; next++) {
        const before = granted[next] as Hold & { token: bigint }
        if (highest === undefined || before.token > highest.token) highest = before
      }
      const twin = seen.get(hold.token)
      if (twin !== undefined) {
        violations.push(`${resource}: ${hold.attempt} and ${twin} both have token ${hold.token}`)
      } else if (highest !== undefined && hold.token <= highest.token) {
        violations.push(
          `${resource}: ${hold.attempt} got ${hold.token}, not above ${highest.token} of ${highest.attempt} before it`,
        )
      }
      seen.set(hold.token, hold.attempt)
    }
  }
  return verdict('token order', withToken.length, violations)
}

/** The counters behind the locks must show every write: one that is missing was overwritten by somebody else. */
export function checkLostUpdates(history: History, counters: ReadonlyMap<string, number>): Verdict {
  const resources = new Map<string, string>()
  const writes = new Map<string, number>()
  for (const event of history) {
    if (event.kind === 'asked') resources.set(event.attempt, event.resource)
    if (event.kind !== 'wrote') continue
    const resource = resources.get(event.attempt) ?? ''
    writes.set(resource, (writes.get(resource) ?? 0) + 1)
  }
  const violations = [...writes]
    .filter(([resource, count]) => counters.get(resource) !== count)
    .map(
      ([resource, count]) =>
        `${resource}: ${count} writes, but the counter says ${counters.get(resource) ?? 'nothing'}`,
    )
  return verdict(
    'lost updates',
    [...writes.values()].reduce((sum, count) => sum + count, 0),
    violations,
  )
}

export interface LivenessOptions {
  /** When a majority was back, on the machine's clock. */
  readonly healedAt: number
  /** Milliseconds. */
  readonly within: number
}

/** After the last fault was taken back somebody must get a lock within the time, for every resource that is asked for. */
export function checkLiveness(history: History, { healedAt, within }: LivenessOptions): Verdict {
  const wanted = new Set(history.flatMap((event) => (event.kind === 'asked' ? [event.resource] : [])))
  const groups = byResource(holdsOf(history))
  const violations = [...wanted].flatMap((resource) => {
    const first = (groups.get(resource) ?? [])
      .map(({ from }) => from)
      .filter((from) => from >= healedAt)
      .reduce((least, from) => Math.min(least, from), Infinity)
    if (first - healedAt <= within) return []
    const when = first === Infinity ? 'never' : `${(first - healedAt).toFixed(0)} ms later`
    return [
      `${resource}: a majority was back, and the next lock was granted ${when} instead of within ${within} ms`,
    ]
  })
  return verdict('liveness', wanted.size, violations)
}
