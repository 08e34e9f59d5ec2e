import { describe, expect, test } from '@jest/globals'
import { after } from '../../src/model/after.js'
import { explore, type Exploration } from '../../src/model/explore.js'
import { foundingModel, type FoundingFault, type FoundingWorld } from '../../src/model/founding-model.js'

const list = [0, 1, 2]

/** Three new nodes, two clients that found the fleet, two that lock, and one loss of data. */
const race: FoundingWorld = {
  views: [list],
  quorums: [2],
  founders: [0, 0],
  clients: [0, 0],
  losses: 1,
  absences: 1,
  opening: 'when all are founded',
}

/** One founder and one client of each of two lists. */
function between(other: readonly number[], quorum = 2): FoundingWorld {
  return { ...race, views: [list, other], quorums: [2, quorum], founders: [0, 1], clients: [0, 1] }
}

/** The first seat is served by one server for some clients, and by another one for the others. */
const twoServers = between([3, 1, 2])

const votesAtOnce: Partial<FoundingWorld> = { opening: 'at once' }

/** Far above the number of states of the worlds below, so reaching it is a failure. */
const LIMIT = 500_000

const two = 'two leases are valid'

/** Every reachable state was visited, and nothing is wrong with any. */
function expectClean({ complete, violation }: Exploration) {
  expect(violation).toBeUndefined()
  expect(complete).toBe(true)
}

function explored(world: FoundingWorld) {
  return explore(foundingModel(world), LIMIT)
}

describe('the model of founding', () => {
  test.each<[string, FoundingWorld]>([
    ['founders that race', race],
    ['two losses at once, beside one node that remembers', { ...race, losses: 2, absences: 2 }],
    ['four nodes', { ...race, views: [[0, 1, 2, 3]], quorums: [3], losses: 0 }],
    ['two nodes', { ...race, views: [[0, 1]] }],
    ['two servers that share a name', twoServers],
    ['two servers that share a name, with markers from before', { ...twoServers, markers: 'old' }],
    ['two lists that differ in one node', between([1, 2, 3])],
    ['a list of three nodes within one of four', { ...between([0, 1, 2, 3], 3), losses: 0 }],
  ])('in every reachable state with %s, at most one lease is valid', (_, world) => {
    expectClean(explored(world))
  })

  test('where nodes vote as soon as they are founded, clients that wait for a quorum of them are safe', () => {
    const world: FoundingWorld = { ...race, ...votesAtOnce, seen: 2 }
    expectClean(explored(world))
  })

  test('a stay that belongs to one list of seats keeps founders apart that see different servers', () => {
    const world: FoundingWorld = { ...twoServers, ...votesAtOnce, seen: 2, losses: 0 }
    expect(explored(world).violation?.what).toBe(two)
    expectClean(explored({ ...world, stays: 'for one list of seats' }))
  })

  test('a founding by a majority, given once, is as safe as one by all', () => {
    const world: FoundingWorld = { ...race, founders: [0], losses: 2 }
    expectClean(explored({ ...world, broken: 'founding by a majority' }))
  })
})

describe('a faulty model of founding', () => {
  test.each<[FoundingFault, FoundingWorld]>([
    ['founding without the second look', race],
    ['founding without the stay', race],
    ['taking over without a look', { ...twoServers, ...votesAtOnce, markers: 'old', losses: 0 }],
  ])('the model of founding rejects a protocol with the fault "%s"', (broken, world) => {
    const { violation } = explored({ ...world, broken })
    expect(violation?.what).toBe(two)
    expect(violation?.trace.length).toBeGreaterThan(2)
  })

  test('the model of founding rejects a protocol with the fault "founding by a majority"', () => {
    // The third node was away, is still unmarked, and then counts together with one that forgot.
    const begun = [
      ...[0, 1].map((at) => `server ${at} answers founder 0`),
      'founder 0 looks again',
      ...[0, 1].map((at) => `server ${at} answers founder 0 again`),
      'founder 0 founds',
      ...[0, 1].map((at) => `server ${at} is founded by founder 0`),
    ]
    const model = foundingModel({ ...race, broken: 'founding by a majority' })
    expect(explore(after(model, begun), LIMIT).violation?.what).toBe(two)
  })

  test.each<[string, FoundingWorld]>([
    ['a client locks before it has seen a quorum of them', race],
    ['two lists differ in one node and a founder stands still', { ...between([1, 2, 3]), seen: 2 }],
  ])('where nodes vote as soon as they are founded, two leases can be valid if %s', (_, world) => {
    expect(explored({ ...world, ...votesAtOnce }).violation?.what).toBe(two)
  })
})
