import { describe, expect, test } from '@jest/globals'
import { after } from '../../src/model/after.js'
import { explore, type Exploration } from '../../src/model/explore.js'
import {
  foundingModel,
  isFounded,
  type FoundingFault,
  type FoundingWorld,
} from '../../src/model/founding-model.js'
import { findStandstill } from '../../src/model/standstill.js'

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

/** Founders that start over as often as they like, and take up what others left. */
const takenUp: FoundingWorld = { ...race, halfDone: 'taken up', beside: 'named stamps' }

/** All nodes hold the seats of founder 0, which has opened none yet. */
const foundedByAll = [
  ...list.map((at) => `server ${at} answers founder 0`),
  'founder 0 looks again',
  ...list.map((at) => `server ${at} answers founder 0 again`),
  'founder 0 founds',
  ...list.map((at) => `server ${at} is founded by founder 0`),
  'founder 0 opens',
]

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

/** The way to a state from which not all nodes can come to vote, though no node is emptied any more. */
function wayToStandstill(world: FoundingWorld, begun: readonly string[] = []) {
  const model = after(foundingModel({ ...world, clients: [] }), begun)
  const { complete, trace } = findStandstill(model, isFounded, (step) => !step.endsWith('is emptied'), LIMIT)
  expect(complete).toBe(true)
  return trace
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

describe('the model of founding where half-done foundings are taken up', () => {
  test.each<[string, FoundingWorld]>([
    ['clients count servers of the same seats', takenUp],
    [
      'clients count any servers, after they have seen a quorum',
      { ...takenUp, beside: 'same seats', counts: 'any seats', seen: 2 },
    ],
  ])('in every reachable state, at most one lease is valid if %s', (_, world) => {
    expectClean(explored(world))
  })

  test('after two losses, one after the other, all nodes can still come to vote', () => {
    expect(wayToStandstill({ ...takenUp, losses: 2 })).toBeUndefined()
  })

  test('a node is opened while the others are taken up, and the fleet stands still if only its seats are opened', () => {
    const trace = wayToStandstill({ ...takenUp, beside: 'same seats' })
    expect(trace?.filter((step) => step.endsWith('is emptied'))).toHaveLength(1)
    expect(trace?.slice(-1)).toEqual(['server 1 is founded by founder 1'])
    expect(trace).toContain('server 0 is opened by founder 0')
  })

  test('two nodes that are emptied beside the only one that votes leave a fleet that stands still', () => {
    const trace = wayToStandstill({ ...takenUp, founders: [0], losses: 2, absences: 2 }, foundedByAll)
    expect(trace).toEqual(
      [0, 1, 2].map((at) => `server ${at} is ${at === 0 ? 'opened by founder 0' : 'emptied'}`),
    )
  })

  test.each<[string, Partial<FoundingWorld>]>([
    ['the fault "taking up an opened node"', { beside: 'same seats', broken: 'taking up an opened node' }],
    [
      'the fault "opening what was looked at after the vote"',
      { broken: 'opening what was looked at after the vote' },
    ],
    ['clients that count any servers before they have seen a quorum', { counts: 'any seats' }],
  ])('the model of taking up rejects a protocol with %s', (_, change) => {
    const model = foundingModel({ ...takenUp, ...change })
    expect(explore(after(model, foundedByAll), LIMIT).violation?.what).toBe(two)
  })

  test('the model of taking up rejects a protocol with the fault "taking up without comparing the seats"', () => {
    expect(explored({ ...takenUp, broken: 'taking up without comparing the seats' }).violation?.what).toBe(
      two,
    )
  })

  test('the model of taking up rejects a protocol with the fault "opening after a majority was founded"', () => {
    const majority = [...foundedByAll.slice(0, -2), 'founder 0 opens']
    const model = foundingModel({ ...takenUp, broken: 'opening after a majority was founded' })
    expect(explore(after(model, majority), LIMIT).violation?.what).toBe(two)
  })

  test('two losses at once, beside one node that was not opened yet, are taken for a half-done founding', () => {
    const world: FoundingWorld = { ...race, losses: 2, absences: 2 }
    const voted = [0, 1].map((at) => `server ${at} is opened by founder 0`)
    const exploredFurther = (halfDone: 'left' | 'taken up') =>
      explore(after(foundingModel({ ...world, halfDone }), [...foundedByAll, ...voted]), LIMIT)
    expectClean(exploredFurther('left'))
    expect(exploredFurther('taken up').violation?.what).toBe(two)
  })
})
