import { incarnationOf, isSame, merged, seated, type Seats } from './claims.js'
import type { World } from './world.js'

/** Whether the two would have equal stamps. */
export function agree(world: World, a: Seats, b: Seats): boolean {
  if (a === b) return true
  if (world.broken === 'two runs under one incarnation counted')
    return isSame(a.map(incarnationOf), b.map(incarnationOf))
  return world.rules.stamps === 'with what is seated' ? isSame(a, b) : isSame(a.map(seated), b.map(seated))
}

/**
 * What a marker knows after a command under a stamp, or `undefined` if the command is refused with `moved`. A marker
 * that knows less than the client is told first; until a command comes, that would only refuse others.
 */
export function afterCommand(world: World, marker: Seats, stamp: Seats): Seats | undefined {
  if (marker.length === 0) return undefined
  if (agree(world, marker, stamp)) return marker
  const told = merged(marker, stamp, world.supersedes)
  return agree(world, told, stamp) ? told : undefined
}
