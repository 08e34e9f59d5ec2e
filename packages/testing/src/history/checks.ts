import type { History } from './history.js'
import { byResource, holdsOf, tableOf, type Hold } from './hold-table.js'
import { verdict, type Verdict } from './verdict.js'

/** No two clients may be entitled to believe, at the same moment, that they hold the same lock. */
export function checkMutualExclusion(history: History): Verdict {
  const { groups, count, from, to, hold } = tableOf(history)
  const violations: string[] = []
  for (const [resource, numbers] of groups) {
    // The longest-lasting hold of those that have begun.
    let last = -1
    let until = -Infinity
    for (const number of numbers) {
      const [begin, end] = [from[number] as number, to[number] as number]
      if (begin < until) {
        violations.push(
          `${resource}: ${hold(number).attempt} was granted at ${begin.toFixed(3)} ms while ${hold(last).attempt} ` +
            `held it until ${until.toFixed(3)} ms: ${(Math.min(until, end) - begin).toFixed(3)} ms of overlap`,
        )
      }
      if (end > until) [last, until] = [number, end]
    }
  }
  return verdict('mutual exclusion', count, violations)
}

/** A token must be higher than every token granted before its holder's request. */
export function checkTokens(history: History): Verdict {
  const { groups, token, hold } = tableOf(history)
  const violations: string[] = []
  let checked = 0
  for (const [resource, numbers] of groups) {
    const withToken = numbers.filter((number) => token(number) !== undefined)
    checked += withToken.length
    // A hold that precedes a request also begins earlier, so tokens in order of the beginnings need no closer check.
    if (!isRising(withToken, token)) violations.push(...outOfOrder(resource, withToken.map(hold) as Fenced[]))
  }
  return verdict('token order', checked, violations)
}

type Fenced = Hold & { readonly token: bigint }

function isRising(numbers: readonly number[], token: (number: number) => string | undefined): boolean {
  return numbers.every(
    (number, index) =>
      index === 0 || isBelow(token(numbers[index - 1] as number) as string, token(number) as string),
  )
}

/** For numbers of equal length the texts are compared, which is ten times as fast. */
function isBelow(lower: string, higher: string): boolean {
  const isAlike = lower.length === higher.length && lower > '0' && higher > '0'
  return isAlike ? lower < higher : BigInt(lower) < BigInt(higher)
}

function outOfOrder(resource: string, granted: readonly Fenced[]): readonly string[] {
  const violations: string[] = []
  const seen = new Map<bigint, string>()
  let highest: Fenced | undefined
  let next = 0
  for (const hold of [...granted].sort((a, b) => a.asked - b.asked)) {
    for (; next < granted.length && (granted[next] as Fenced).from < hold.asked; next++) {
      const before = granted[next] as Fenced
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
  return violations
}

/** The counters that the locks protect must show every write; a missing one was overwritten by another client. */
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
        `${resource}: ${count} writes, but the counter is ${counters.get(resource) ?? 'missing'}`,
    )
  return verdict(
    'lost updates',
    [...writes.values()].reduce((sum, count) => sum + count, 0),
    violations,
  )
}

export interface LivenessOptions {
  /** When a majority had recovered, on the machine's clock. */
  readonly healedAt: number
  /** Milliseconds. */
  readonly within: number
}

/** After the last fault has been undone, every requested resource must be locked by some client within the time. */
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
      `${resource}: a majority had recovered, but the next lock was granted ${when} instead of within ${within} ms`,
    ]
  })
  return verdict('liveness', wanted.size, violations)
}
