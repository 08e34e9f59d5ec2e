import { describe, expect, test } from '@jest/globals'
import { explore } from '../../src/model/explore.js'
import { restoringModel } from '../../src/model/restoring-model.js'
import type { RestoringFault, RestoringWorld } from '../../src/model/restoring-world.js'

const small: RestoringWorld = {
  nodes: 3,
  quorum: 2,
  clients: 2,
  shared: 0,
  restorers: 1,
  witnesses: 2,
  losses: 1,
  mortal: 3,
  returns: 'empty',
  extensions: true,
  inQuarantine: 'refuses',
  freshness: 'of all rounds',
  tidies: true,
  readers: true,
}
const withSnapshot = { returns: 'with a snapshot' } as const
const four = { nodes: 4, quorum: 3, witnesses: 3, mortal: 4 }
const five = { nodes: 5, quorum: 3, witnesses: 3, mortal: 5 }

/** Far above the number of states of the worlds below, so reaching it is a failure. */
const LIMIT = 1_000_000

describe('the restoring model', () => {
  test.each<[string, Partial<RestoringWorld>]>([
    ['nodes that are emptied again and again', { losses: Infinity }],
    [
      'one node that starts with old snapshots again and again',
      { ...withSnapshot, mortal: 1, losses: Infinity },
    ],
    [
      'nodes that start with snapshots, one after the other',
      { ...withSnapshot, losses: Infinity, extensions: false },
    ],
    ['a snapshot that an extension has outdated', withSnapshot],
    ['two restorers', { restorers: 2 }],
    ['two restorers of one node that is emptied twice', { restorers: 2, mortal: 1, losses: 2 }],
    ['two restorers of two nodes', { restorers: 2, mortal: 2, losses: 2, extensions: false }],
    ['four nodes that are emptied again and again', { ...four, losses: Infinity }],
    ['five nodes', five],
    ['shared locks beside exclusive ones', { clients: 3, shared: 2 }],
    [
      'late votes in rounds that the node has not taken part in',
      { freshness: 'of rounds with a forgotten vote' },
    ],
  ])('in every reachable state with %s, at most one lease is valid, and every reader sees it', (_, world) => {
    const { complete, violation } = explore(restoringModel({ ...small, ...world }), LIMIT)
    expect(violation).toBeUndefined()
    expect(complete).toBe(true)
  })
})

describe('a faulty restoring model', () => {
  const drafted = { inQuarantine: 'extends', tidies: false } as const
  test.each<[RestoringFault, Partial<RestoringWorld>]>([
    ['restarted node votes at once', { extensions: false }],
    ['no settling', { extensions: false }],
    ['an old round is counted', { extensions: false }],
    ['one witness too few', { extensions: false }],
    ['the last value wins', { extensions: false }],
    ['another value is left', { extensions: false }],
    ['admitted before the last page', { extensions: false }],
    ['a copy is tidied that one witness has', { extensions: false }],
    ['a tombstone is tidied by its value', { extensions: false }],
    ['a node in quarantine is a witness', { extensions: false, losses: 2 }],
    ['no stay', { extensions: false, losses: 2 }],
    ['no run', { extensions: false, losses: 2 }],
    ['the shortest time wins', {}],
    ['a copy is tidied after an extension', {}],
    ['a witness is listed without a new greeting', { ...withSnapshot, mortal: 2, losses: 2 }],
    ['a copy is tidied beside a tombstone', { restorers: 2, losses: 2, extensions: false }],
    // These need a node that extends in quarantine, which is no fault by itself as long as nothing is tidied.
    ['remaining time is shortened', drafted],
    ['repaired in quarantine', drafted],
  ])('the restoring model rejects a protocol with the fault "%s"', (broken, world) => {
    const { violation } = explore(restoringModel({ ...small, ...world, readers: false, broken }), LIMIT)
    expect(violation?.what).toBe('two leases are valid')
    expect(violation?.trace.length).toBeGreaterThan(4)
  })
})

describe('a reader of nodes that were restored', () => {
  test.each<[RestoringFault]>([
    ['a reader believes a node in quarantine'],
    ['a reader overlooks tombstones'],
  ])('may take a lock for free if %s', (broken) => {
    const { violation } = explore(restoringModel({ ...small, broken }), LIMIT)
    expect(violation?.what).toBe('a valid lease is not seen')
  })
})

describe('extension in quarantine', () => {
  test('is safe if nodes lose their data once and nothing is tidied', () => {
    const world = { ...small, ...withSnapshot, inQuarantine: 'extends', tidies: false } as const
    expect(explore(restoringModel(world), LIMIT)).toMatchObject({ complete: true })
  })

  test.each<[string, Partial<RestoringWorld>]>([
    ['what was restored is tidied', {}],
    ['a snapshot is older than a loss', { ...withSnapshot, tidies: false, mortal: 1, losses: 2 }],
  ])('lets two leases be valid if %s', (_, world) => {
    const faulty = { ...small, ...world, inQuarantine: 'extends', readers: false } as const
    const { violation } = explore(restoringModel(faulty), LIMIT)
    expect(violation?.what).toBe('two leases are valid')
  })
})

describe('the number of witnesses', () => {
  const endless = { losses: Infinity, extensions: false } as const

  test.each([
    [2, 2],
    [3, 2],
    [3, 3],
    [4, 3],
    [5, 3],
  ])(
    'of %i nodes with a quorum of %i, N - q + 1 witnesses are enough, and one fewer is not',
    (nodes, quorum) => {
      const world = { ...small, nodes, quorum, mortal: nodes, witnesses: nodes - quorum + 1, ...endless }
      expect(explore(restoringModel(world), LIMIT)).toMatchObject({ complete: true })
      const { violation } = explore(
        restoringModel({ ...world, readers: false, broken: 'one witness too few' }),
        LIMIT,
      )
      expect(violation?.what).toBe('two leases are valid')
    },
  )
})
