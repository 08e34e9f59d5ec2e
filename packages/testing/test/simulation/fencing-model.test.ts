import { describe, expect, test } from '@jest/globals'
import { explore } from '../../src/model/explore.js'
import { fencingModel, type FencingFault, type FencingWorld } from '../../src/model/fencing-model.js'

const small: FencingWorld = {
  nodes: 3,
  quorum: 2,
  clients: 2,
  attempts: 1,
  clock: 2,
  messages: 'late',
  restarts: 0,
  extensions: 0,
}

/** Far above the number of states of the worlds below, so reaching it is a failure. */
const LIMIT = 3_000_000

describe('the fencing model', () => {
  test.each<[string, Partial<FencingWorld>]>([
    ['late and lost messages', {}],
    ['extension and repair', { extensions: 1 }],
    ['re-proposals', { messages: 'prompt', attempts: 2, extensions: 1 }],
    ['three clients', { messages: 'prompt', clients: 3, extensions: 1 }],
    ['a node that loses its data', { messages: 'prompt', attempts: 2, extensions: 1, restarts: 1 }],
  ])('in every reachable state with %s, tokens are unique and ordered like the grants', (_, world) => {
    const { complete, violation } = explore(fencingModel({ ...small, ...world }), LIMIT)
    expect(violation).toBeUndefined()
    expect(complete).toBe(true)
  })
})

describe('a faulty fencing model', () => {
  test.each<[FencingFault, Partial<FencingWorld>]>([
    ['grant without comparing tokens', {}],
    ['grant equal tokens', {}],
    ['counter deleted by release', {}],
    ['win with less than a majority', {}],
    ['restarted node votes at once', { restarts: 1 }],
    ['restarted node admitted without a floor', { restarts: 1 }],
    ['repair without comparing tokens', { messages: 'prompt', clients: 3, extensions: 1 }],
  ])('the fencing model rejects a protocol with the fault "%s"', (broken, world) => {
    const { violation } = explore(fencingModel({ ...small, ...world, broken }), LIMIT)
    expect(violation?.what).toMatch(/^token \d+ was handed out (twice|after \d+)$/)
    expect(violation?.trace.length).toBeGreaterThan(2)
  })
})
