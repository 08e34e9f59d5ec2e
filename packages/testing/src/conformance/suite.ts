import fc from 'fast-check'
import type { Ability, LockNode } from '@quorumlock/core'
import { compareWithSpecification } from './against-specification.js'
import type { Behaviour } from './behaviour.js'
import { behaviours, limits } from './behaviours.js'
import { globalRunner, type TestRunner } from './runner.js'
import { sequences } from './sequences.js'
import type { Subject } from './subject.js'

export interface ConformanceOptions {
  /** Default: the globals `describe`, `test`, `beforeAll` and `afterAll`. */
  readonly runner?: TestRunner | undefined
  /** What the node lacks, because the tests are defined before it is created. Default: nothing. */
  readonly lacks?: readonly Ability[] | undefined
  /** Generated sequences of commands to compare with the specification. Default: 100. */
  readonly sequences?: number | undefined
  /** Seed of the generated sequences; shown when one fails. Default: 1. */
  readonly seed?: number | undefined
}

/**
 * Registers the tests that every lock node must pass. A node with all abilities is also compared with the executable
 * specification, reply by reply.
 */
export function lockNodeConformance(
  name: string,
  makeNode: () => Subject | LockNode | Promise<Subject | LockNode>,
  options: ConformanceOptions = {},
): void {
  const { runner = globalRunner(), lacks = [], sequences: runs = 100, seed = 1 } = options
  runner.describe(`the conformance of ${name}`, () => {
    let subject: Subject | undefined
    const check = ({ claim, holds }: Behaviour, timeoutMs = 60_000): void => {
      runner.test(
        claim,
        async () => {
          if (subject === undefined) throw new Error('The node could not be created')
          await holds(subject.node)
        },
        timeoutMs,
      )
    }

    runner.beforeAll(async () => {
      const made = await makeNode()
      subject = 'node' in made ? made : { node: made }
    })
    runner.afterAll(async () => {
      await subject?.node.close?.()
      await subject?.dispose?.()
    })

    check({
      claim: `the node lacks ${lacks.length === 0 ? 'nothing' : lacks.join(', ')}`,
      holds: async (node: LockNode): Promise<void> => {
        const declared = [...(node.lacks ?? [])].sort().join(', ')
        if (declared !== [...lacks].sort().join(', '))
          throw new Error(`The node declares that it lacks ${declared || 'nothing'}`)
      },
    })
    for (const behaviour of behaviours) {
      if (!(behaviour.needs ?? []).some((ability) => lacks.includes(ability))) check(behaviour)
    }
    for (const ability of lacks) {
      const limit = limits[ability]
      if (limit !== undefined) check(limit)
    }
    if (lacks.length === 0) check(followsTheSpecification(runs, seed), 60_000 + 500 * runs)
  })
}

function followsTheSpecification(runs: number, seed: number): Behaviour {
  return {
    claim: `replies as the specification does, in ${runs} generated sequences (seed ${seed})`,
    holds: async (node: LockNode): Promise<void> => {
      let decided = 0
      const property = fc.asyncProperty(sequences, async (steps) => {
        if ((await compareWithSpecification(node, steps)) === 'same') decided++
      })
      // Shrinking would take too long; a seed and a path reproduce the sequence.
      await fc.assert(property, { numRuns: runs, seed, endOnFailure: true })
      if (decided < runs / 2)
        throw new Error(`Only ${decided} of ${runs} sequences were decided; the node may be too slow`)
    },
  }
}
