import { describe, expect, test } from '@jest/globals'
import { after } from '../../src/model/after.js'
import { explore, type Exploration } from '../../src/model/explore.js'
import { seatsModel, type SeatsFault, type SeatsRules, type SeatsWorld } from '../../src/model/seats-model.js'

const brief = { attempts: 1, extensions: 0 }
const extended = { attempts: 1, extensions: 1 }

/** Three nodes, one of which is replaced by another server while it lives on. */
const replaced: SeatsWorld = {
  nodes: 3,
  quorum: 2,
  replacements: [0],
  copies: ['all', 'all but the last write'],
  clients: [extended, brief],
  losses: 0,
}

/** One server is replaced, later another one loses its data. */
const laterLoss: SeatsWorld = { ...replaced, clients: [brief, brief], losses: 1 }

const contended: Partial<SeatsWorld> = {
  replacements: [0, 0],
  copies: ['nothing'],
  clients: [brief, brief],
}

const fourNodes: Partial<SeatsWorld> = { nodes: 4, quorum: 3, clients: [brief, brief], copies: ['nothing'] }

/** Far above the number of states of the worlds below, so reaching it is a failure. */
const LIMIT = 500_000

const two = 'two leases are valid'

/** Every reachable state was visited, and nothing is wrong with any. */
function expectClean({ complete, violation }: Exploration) {
  expect(violation).toBeUndefined()
  expect(complete).toBe(true)
}

function explored(world: SeatsWorld) {
  return explore(seatsModel(world), LIMIT)
}

function exploredAfter(steps: readonly string[], world: SeatsWorld) {
  return explore(after(seatsModel(world), steps), LIMIT)
}

/** A server has entered the first seat and is admitted, before any lock is taken. */
function entered(server: number, witnesses: readonly number[]): string[] {
  return [
    `server ${server} starts in seat 0 with nothing`,
    ...witnesses.map((at) => `server ${at} takes claim 2b`),
    `the restorer of server ${server} has settled`,
    ...witnesses.map((at) => `server ${at} is listed for server ${server}`),
    `server ${server} is restored and admitted`,
  ]
}

describe('the model of seats', () => {
  test.each<[string, Partial<SeatsWorld>]>([
    ['a server that is replaced and lives on', {}],
    ['a server that loses its data later', laterLoss],
    ['two servers that compete for one seat', { ...contended, copies: ['all', 'nothing'] }],
    [
      'two servers that compete, where the first one heard of stays',
      { ...contended, rules: { ties: 'first' } },
    ],
    ['two servers replaced at once', { ...laterLoss, losses: 0, replacements: [0, 1], absences: 2 }],
    ['a superseded server that returns', { ...laterLoss, losses: 0, returns: 1 }],
    ['knowledge that spreads by itself', { gossip: true }],
    ['four nodes', { nodes: 4, quorum: 3 }],
    ['four nodes and a later loss', { ...fourNodes, losses: 1 }],
    ['five nodes', { nodes: 5, quorum: 3, clients: [brief, brief] }],
    ['two nodes and no later loss', { nodes: 2, quorum: 2, absences: 1 }],
  ])('in every reachable state with %s, at most one lease is valid', (_, world) => {
    expectClean(explored({ ...replaced, ...world }))
  })

  test('among five nodes, a loss after a server has entered leaves at most one lease valid', () => {
    // With runs alone there are several times as many states.
    const rules: Partial<SeatsRules> = { stamps: 'with what is seated' }
    const world: SeatsWorld = { ...laterLoss, nodes: 5, quorum: 3, rules }
    expectClean(exploredAfter(entered(5, [1, 2, 3]), { ...world, copies: ['nothing'] }))
  })

  test('two nodes cannot be protected from a replaced server together with a later loss', () => {
    const { violation } = explored({ ...laterLoss, nodes: 2, quorum: 2, absences: 1 })
    expect(violation?.what).toBe(two)
  })
})

describe('a faulty model of seats', () => {
  test.each<[SeatsFault, Partial<SeatsWorld>]>([
    ['settling from the quarantine alone', {}],
    ['an old round counted', {}],
    ['a round continued under a newer stamp', {}],
    ['moved ignored on extension', {}],
    ['no stamp', { clients: [brief, brief] }],
    ['two runs under one incarnation counted', { ...contended, incarnations: 2 }],
  ])('the model of seats rejects a protocol with the fault "%s"', (broken, world) => {
    const { violation } = explored({ ...replaced, ...world, broken })
    expect(violation?.what).toBe(two)
    expect(violation?.trace.length).toBeGreaterThan(2)
  })

  test('the model of seats rejects a protocol with the fault "one node too few"', () => {
    const world: SeatsWorld = { ...replaced, ...fourNodes, losses: 1 }
    expectClean(exploredAfter(entered(4, [1, 2, 3]), world))
    // Two of the other three are N - q + 1, so that witnesses and every quorum still meet.
    const { violation } = exploredAfter(entered(4, [1, 2]), { ...world, broken: 'one node too few' })
    expect(violation?.what).toBe(two)
  })
})

/** Where two rules guard the same thing, a fault in one of them shows only where the other is missing. */
describe('a model of seats with other rules', () => {
  test.each<[string, Partial<SeatsRules>, Partial<SeatsWorld>]>([
    ['a server in quarantine extends before M took its claim', { quarantined: 'extends at once' }, replaced],
    [
      'a server in quarantine extends before its restorer has settled',
      { quarantined: 'extends when M took its claim' },
      replaced,
    ],
    [
      'each witness lists under a stamp of its own',
      { entering: 'under any stamp', learning: 'continues' },
      laterLoss,
    ],
    [
      'witnesses list under any stamp',
      { entering: 'under any stamp', listing: 'under any stamp' },
      laterLoss,
    ],
  ])('two leases can be valid where %s', (_, rules, world) => {
    expect(explored({ ...replaced, ...world, rules }).violation?.what).toBe(two)
  })

  test('an old entering does harm only where witnesses need not know of it', () => {
    const rules: Partial<SeatsRules> = { listing: 'but for its seat', learning: 'continues' }
    const world: SeatsWorld = { ...laterLoss, copies: ['nothing'], absences: 2, rules }
    const begun = ['server 3 starts in seat 0 with nothing', 'server 1 takes claim 2b', 'server 1 is emptied']
    expectClean(exploredAfter(begun, world))
    const { violation } = exploredAfter(begun, { ...world, broken: 'an old entering counted' })
    expect(violation?.what).toBe(two)
  })

  test('a second loss under the claim of the first one does harm only where restorers do not settle', () => {
    const rules: Partial<SeatsRules> = { settles: false }
    const world: SeatsWorld = { ...replaced, replacements: [], losses: 2, rules }
    expectClean(explored(world))
    expect(explored({ ...world, broken: 'a second loss under one claim' }).violation?.what).toBe(two)
  })

  test('with stamps, a repair under an old one does no harm', () => {
    expectClean(explored({ ...replaced, broken: 'moved ignored on repair' }))
  })
})
