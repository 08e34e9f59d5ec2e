import type { History } from './history.js'

/** The time during which a client was right to believe that it held the lock, by what it had been told. */
export interface Hold {
  readonly client: string
  readonly attempt: string
  readonly resource: string
  readonly asked: number
  readonly from: number
  readonly to: number
  readonly token: bigint | undefined
}

type OpenHold = { -readonly [Key in keyof Hold]: Hold[Key] }

/** Before it is granted a request is a hold of no length that never begins: one map serves both, which halves the time. */
export function holdsOf(history: History): readonly Hold[] {
  const open = new Map<string, OpenHold>()
  const granted: Hold[] = []
  for (const event of history) {
    if (event.kind === 'asked') {
      open.set(event.attempt, openHold(event.client, event.attempt, event.resource, event.at))
      continue
    }
    if (event.kind === 'failed' || event.kind === 'released' || event.kind === 'wrote') continue
    let hold = open.get(event.attempt)
    if (hold === undefined) {
      // A history that begins in the middle.
      hold = openHold(event.client, event.attempt, '', event.at)
      open.set(event.attempt, hold)
    }
    if (event.kind === 'acquired') {
      hold.from = event.at
      hold.to = event.validUntil
      hold.token = event.token === undefined ? undefined : BigInt(event.token)
      granted.push(hold)
    } else hold.to = event.kind === 'extended' ? event.validUntil : Math.min(hold.to, event.at)
  }
  return granted
}

function openHold(client: string, attempt: string, resource: string, asked: number): OpenHold {
  return { client, attempt, resource, asked, from: Infinity, to: Infinity, token: undefined }
}

export function byResource(holds: readonly Hold[]): ReadonlyMap<string, Hold[]> {
  const groups = new Map<string, Hold[]>()
  for (const hold of holds) {
    const group: Hold[] | undefined = groups.get(hold.resource)
    if (group === undefined) groups.set(hold.resource, [hold])
    else group.push(hold)
  }
  return groups
}
