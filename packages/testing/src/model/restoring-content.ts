import { has, NOTHING, type Content, type Found, type RestoringWorld } from './restoring-world.js'

/**
 * How long a key lives on account of a client. Clocks are not modelled: what matters is whether the key outlives the
 * lease.
 */
export const NONE = 0
/** Set in a round before the one that the lease counts from, so the key may expire at any time. */
export const OLD = 1
/** Set in the round that the lease counts from, or in a later one that was not won: it outlives the lease. */
export const CURRENT = 2
/** Set in the round of extension in flight. */
export const PENDING = 3

export const FREE: Content = { holders: 0, ages: 0 }

export function ageOf({ ages }: Content, client: number): number {
  return (ages >> (2 * client)) & 3
}

function withAge(ages: number, client: number, age: number): number {
  return (ages & ~(3 << (2 * client))) | (age << (2 * client))
}

export function isFree({ ages }: Content): boolean {
  return ages === 0
}

export function isTombstone({ holders, ages }: Content): boolean {
  return holders === 0 && ages !== 0
}

/** Whether all of them may hold the lock together. The clients with shared locks come first. */
function areCompatible(world: RestoringWorld, holders: number): boolean {
  return (holders & (holders - 1)) === 0 || holders < 1 << world.shared
}

/** Whether the script of acquisition grants: also to a value that is there already. */
export function admits(world: RestoringWorld, content: Content, client: number): boolean {
  return !isTombstone(content) && areCompatible(world, content.holders | (1 << client))
}

export function withHolder(content: Content, client: number, age: number): Content {
  return { holders: content.holders | (1 << client), ages: withAge(content.ages, client, age) }
}

/** Without the value of a client, or without what a tombstone blocks on its account. */
export function withoutClient(content: Content, client: number): Content {
  return { holders: content.holders & ~(1 << client), ages: withAge(content.ages, client, NONE) }
}

/** A value that nobody can hold. What may expire at any time need not be kept, since nothing can prolong it. */
function tombstone(world: RestoringWorld, ages: number): Content {
  let blocked = ages
  for (let client = 0; client < world.clients; client++) {
    if (ageOf({ holders: 0, ages }, client) === OLD) blocked = withAge(blocked, client, NONE)
  }
  return { holders: 0, ages: blocked }
}

function longest(world: RestoringWorld, a: number, b: number, isShortest = false): number {
  let ages = 0
  for (let client = 0; client < world.clients; client++) {
    const mask = 3 << (2 * client)
    const [x, y] = [a & mask, b & mask]
    ages |= isShortest && x !== NONE && y !== NONE ? Math.min(x, y) : Math.max(x, y)
  }
  return ages
}

/** Step 4: what is known of the key when one more witness was listed. */
export function merged(world: RestoringWorld, found: Found, listed: Found): Found {
  if (listed.kind === 'nothing') return found
  if (world.broken === 'the last value wins' || found.kind === 'nothing') return listed
  const ages = longest(world, found.ages, listed.ages, world.broken === 'the shortest time wins')
  const holders = found.holders | listed.holders
  if (found.kind === 'value' && listed.kind === 'value' && areCompatible(world, holders)) {
    return { kind: 'value', holders, ages }
  }
  return { kind: 'differing', ...tombstone(world, ages) }
}

/** Step 5: what the key is after the page has been applied to what stands there. */
export function givenBack(world: RestoringWorld, standing: Found, found: Found): Content {
  if (found.kind === 'nothing') return standing
  if (standing.kind === 'nothing') return found
  const holders = standing.holders | found.holders
  if (standing.kind === 'value' && found.kind === 'value' && areCompatible(world, holders)) {
    const shortens = world.broken === 'remaining time is shortened'
    return { holders, ages: shortens ? found.ages : longest(world, standing.ages, found.ages) }
  }
  if (world.broken === 'another value is left') return standing
  return tombstone(world, longest(world, standing.ages, found.ages))
}

/** What a restorer makes of a key. */
export function asFound({ holders, ages }: Content): Found {
  if (ages === 0) return NOTHING
  return { kind: holders === 0 ? 'differing' : 'value', holders, ages }
}

/** The value of a client that has ended is as good as a tombstone that may vanish at any time. */
export function withoutEnded(found: Found, client: number): Found {
  if (ageOf(found, client) === NONE) return found
  const rest = withoutClient(found, client)
  return { ...rest, kind: found.kind === 'value' && rest.holders === 0 ? 'differing' : found.kind }
}

/** An extension was won: what was set in its round is current, and what was current may expire. */
export function afterExtension<T extends Content>(content: T, client: number): T {
  const age = ageOf(content, client)
  if (age <= OLD) return content
  if (age === PENDING) return { ...content, ages: withAge(content.ages, client, CURRENT) }
  const rest = has(content.holders, client) ? OLD : NONE
  return { ...content, ages: withAge(content.ages, client, rest) }
}

/** An extension was not won: what was set in its round lives at least as long as what was current. */
export function afterAbandoning<T extends Content>(content: T, client: number): T {
  if (ageOf(content, client) !== PENDING) return content
  return { ...content, ages: withAge(content.ages, client, CURRENT) }
}
