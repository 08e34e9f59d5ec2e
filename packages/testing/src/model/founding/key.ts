import { bit, has, sizeOf } from '../seats/bits.js'
import { ownerOf, renumbered } from '../seats/lock-key.js'
import type { Client, Founder, FoundingState, FoundingWorld } from './state.js'

/**
 * Texts of states in which half-done foundings are taken up. Servers, founders and clients are interchangeable: they are
 * sorted by what they are without the numbers of seats, and seats are then numbered as they appear.
 */
export function takenUpKey(world: FoundingWorld): (state: FoundingState) => string {
  return (state) => {
    const { servers, texts } = state
    const founders = sorted(state.founders.map((founder) => [shapeOfFounder(founder), founder]))
    const clients = sorted(state.clients.map((client, at) => [shapeOfClient(state, client, at), at]))
    const places = [0]
    clients.forEach((at, place) => (places[at + 1] = place + 1))
    const all = bit(servers.length) - 1
    const columns = servers.map(({ marker, view, key, lost, seats }, at): [string, number] => {
      let column = `${marker.charAt(0)}${view}${renumbered(key, places)},${lost.charAt(0)}`
      column += texts[seats - 1] === all ? '=' : seats === 0 ? '0' : '?'
      for (const { stays, done } of founders)
        column += `${(stays[at] as string).charAt(0)}${has(done, at) ? '+' : ''}`
      for (const index of clients) {
        const { seen, votes } = state.clients[index] as Client
        column += `${has(seen, at) ? 's' : '-'}${has(votes, at) ? 'v' : '-'}`
      }
      return [column, at]
    })
    const order = sorted(columns)
    let key = `${state.losses}`
    const numbers = [0]
    let last = 0
    let named = ''
    const number = (seats: number): number => {
      const known = numbers[seats]
      if (known !== undefined) return known
      const bits = texts[seats - 1] as number
      const counts = world.beside === 'named stamps' || bits === all
      named += `|${counts ? order.map((at) => (bits >> at) & 1).join('') : ''}`
      return (numbers[seats] = ++last)
    }
    for (const { phase, seats } of founders) key += `|${phase.slice(0, 6)}${phase.length}${number(seats)}`
    for (const at of clients) {
      const { phase, under, seats } = state.clients[at] as Client
      key += `|${phase.charAt(0)}${under.charAt(0)}${number(seats)}`
    }
    for (const at of order) key += `|${columns[at]?.[0] as string}${number(servers[at]?.seats as number)}`
    return key + named
  }
}

function shapeOfFounder({ phase, stays, done }: Founder): string {
  const standing = stays.filter((stay) => stay === 'stands').length
  const unknown = stays.filter((stay) => stay === 'unknown').length
  return `${phase}${standing}${unknown}${sizeOf(done)}`
}

function shapeOfClient({ servers }: FoundingState, { phase, seen, votes }: Client, at: number): string {
  const owned = servers.filter(({ key }) => ownerOf(key) === at + 1).length
  return `${phase}${sizeOf(seen)}${sizeOf(votes)}${owned}`
}

function sorted<T>(entries: readonly (readonly [shape: string, value: T])[]): T[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value)
}
