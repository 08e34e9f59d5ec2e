import type { History, HistoryEvent } from './history.js'

/** The time during which a client was entitled to believe that it held the lock, based on the replies it got. */
export interface Hold {
  readonly client: string
  readonly attempt: string
  readonly resource: string
  readonly asked: number
  readonly from: number
  readonly to: number
  readonly token: bigint | undefined
}

/**
 * The holds of a history by columns, because a million objects with three boxed numbers each would keep the garbage
 * collector busy for seconds. A hold is numbered by the index of its first event.
 */
export interface HoldTable {
  /** For each resource, the numbers of its holds in order of their beginning. */
  readonly groups: ReadonlyMap<string, readonly number[]>
  readonly count: number
  readonly from: Float64Array
  readonly to: Float64Array
  /** As recorded, since conversion to a number is slow. */
  readonly token: (number: number) => string | undefined
  readonly hold: (number: number) => Hold
}

export function tableOf(history: History): HoldTable {
  const from = new Float64Array(history.length)
  const to = new Float64Array(history.length)
  /** For each hold, the event that granted it. */
  const grants = new Int32Array(history.length)
  /** Attempts in progress. Finished ones are deleted, so that the map fits into the caches. */
  const open = new Map<string, number>()
  const groups = new Map<string, number[]>()
  let count = 0
  history.forEach((event, index) => {
    const { kind, attempt, at } = event
    if (kind === 'asked') {
      open.set(attempt, index)
      return
    }
    if (kind === 'wrote') return
    let number = open.get(attempt)
    if (kind === 'acquired') {
      if (number === undefined) {
        // The history begins in the middle of this attempt.
        number = index
        open.set(attempt, number)
      }
      from[number] = at
      to[number] = event.validUntil
      grants[number] = index
      count++
      const resource = resourceOf(history[number])
      const group: number[] | undefined = groups.get(resource)
      if (group === undefined) groups.set(resource, [number])
      else group.push(number)
      return
    }
    if (number === undefined) return
    if (kind === 'extended') to[number] = event.validUntil
    else if (kind === 'releasing' || kind === 'lost') to[number] = Math.min(to[number] as number, at)
    if (kind === 'releasing' || kind === 'released' || kind === 'failed') open.delete(attempt)
  })
  for (const group of groups.values()) inOrder(group, from)
  const tokenOf = (number: number): string | undefined => {
    const grant = history[grants[number] as number] as HistoryEvent & { readonly kind: 'acquired' }
    return grant.token
  }
  return {
    groups,
    count,
    from,
    to,
    token: tokenOf,
    hold: (number) => {
      const first = history[number] as HistoryEvent
      const token = tokenOf(number)
      return {
        client: first.client,
        attempt: first.attempt,
        resource: resourceOf(first),
        asked: first.at,
        from: from[number] as number,
        to: to[number] as number,
        token: token === undefined ? undefined : BigInt(token),
      }
    },
  }
}

export function holdsOf(history: History): readonly Hold[] {
  const { groups, hold } = tableOf(history)
  return [...groups.values()].flatMap((numbers) => numbers.map(hold))
}

/** By resource, each in order of their beginning. */
export function byResource(holds: readonly Hold[]): ReadonlyMap<string, Hold[]> {
  const groups = new Map<string, Hold[]>()
  for (const hold of holds) {
    const group: Hold[] | undefined = groups.get(hold.resource)
    if (group === undefined) groups.set(hold.resource, [hold])
    else group.push(hold)
  }
  return groups
}

function resourceOf(event: HistoryEvent | undefined): string {
  return event?.kind === 'asked' ? event.resource : ''
}

/** Sorts only if necessary, since a history in order of time is sorted already. */
function inOrder(numbers: number[], from: Float64Array): void {
  const isInOrder = numbers.every(
    (number, index) =>
      index === 0 || (from[numbers[index - 1] as number] as number) <= (from[number] as number),
  )
  if (!isInOrder) numbers.sort((a, b) => (from[a] as number) - (from[b] as number))
}
