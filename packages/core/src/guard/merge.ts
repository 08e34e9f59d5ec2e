import { TOMBSTONE, type Copy, type TidyCommand } from '../node/commands.js'
import type { ListedLock } from '../node/replies.js'

/**
 * A copy lives a little longer than what it was copied from: by this share of the time left, at most so many milliseconds,
 * since copies are copied again when the next node is emptied. Locks allow for clocks of different rates themselves.
 */
const MARGIN = 0.05
const MOST_MARGIN = 1_000
const MARGIN_MS = 10

/** How many witnesses were listed to the end, and how many of them are enough to tell that no lock rests on a value. */
export interface Witnesses {
  readonly listed: number
  readonly enough: number
}

/** A listing may have a key twice, so witnesses are counted by who they are. */
interface Seen {
  readonly value: string
  ttl: number
  bearer: number
  readonly by: object[]
}

/**
 * What the witnesses know together of the locks that another node may have granted ("Restoring", step 4). A value that enough
 * of them do not know is left over from an attempt or a release under way. Where several values remain, nobody can tell
 * which of them is one, so a tombstone keeps all of them from being forgotten.
 */
export class Merge {
  readonly #byKey = new Map<string, Seen[]>()

  absorb({ key, value, remaining, bearer }: ListedLock, by: object): void {
    const ttl = Math.ceil(remaining + Math.min(MOST_MARGIN, remaining * MARGIN)) + MARGIN_MS
    const values = this.#byKey.get(key) ?? []
    this.#byKey.set(key, values)
    const known = values.find((one) => one.value === value)
    if (known === undefined) {
      values.push({ value, ttl, bearer, by: [by] })
      return
    }
    known.ttl = Math.max(known.ttl, ttl)
    known.bearer = Math.max(known.bearer, bearer)
    if (!known.by.includes(by)) known.by.push(by)
  }

  copies(witnesses: Witnesses): Copy[] {
    return [...this.#byKey].flatMap(([key, values]) => copyOf(key, values, witnesses))
  }
}

function copyOf(key: string, values: readonly Seen[], { listed, enough }: Witnesses): Copy[] {
  const buried = values.find(({ value }) => value === TOMBSTONE)?.by ?? []
  const needed = values.filter(({ by }) => listed - new Set([...by, ...buried]).size < enough)
  const [first, second] = needed
  if (first === undefined) return []
  const ttl = Math.max(...values.map((one) => one.ttl))
  if (second !== undefined) return [{ key, value: TOMBSTONE, ttl, bearer: 0 }]
  return [{ key, value: first.value, ttl, bearer: first.bearer }]
}

/** What a restored node has of a lock, and how many others know it. */
export class Leftover {
  readonly #by: object[] = []

  constructor(readonly copy: TidyCommand['copies'][number]) {}

  /** Another node has a lock under the same key. A tombstone may stand for this value, and this tombstone for that one. */
  seen({ value }: ListedLock, by: object): void {
    const own = this.copy.value
    const isKnown = own === TOMBSTONE || value === TOMBSTONE || value === own
    if (isKnown && !this.#by.includes(by)) this.#by.push(by)
  }

  isUnknown({ listed, enough }: Witnesses): boolean {
    return listed - this.#by.length >= enough
  }
}
