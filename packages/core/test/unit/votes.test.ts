import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { NodeReply } from '../../src/node/replies.js'
import type { Lock } from '../../src/lock.js'
import { World } from '../support/world.js'

/** Printed by fast-check with the counterexample when a property fails; set to replay. */
const seed = Number(process.env['QUORUMLOCK_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const runs = { seed, numRuns: 300 }

type ReplyKind = 'granted' | 'held' | 'failed' | 'unknown' | 'silent'
interface Vote {
  readonly kind: ReplyKind
  readonly after: number
}

const TTL = 10_000
const PATIENCE = 500

const votes = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.record({
    votes: fc.array(
      fc.record({
        kind: fc.constantFrom<ReplyKind>(
          'granted',
          'granted',
          'granted',
          'held',
          'failed',
          'unknown',
          'silent',
        ),
        // An answer in the same millisecond as the deadline may come before or after it.
        after: fc.integer({ min: 0, max: 700 }).filter((after) => after !== PATIENCE),
      }),
      { minLength: size, maxLength: size },
    ),
    quorum: fc.integer({ min: Math.floor(size / 2) + 1, max: size }),
  }),
)

/** Answers within the deadline, in order of arrival. */
function arrivals(given: readonly Vote[]): Vote[] {
  return given
    .map((vote) =>
      vote.kind === 'silent' || vote.after >= PATIENCE ? { kind: 'unknown' as const, after: PATIENCE } : vote,
    )
    .sort((a, b) => a.after - b.after)
}

/** The first moment at which the outcome is certain, by definition. */
function expected(given: readonly Vote[], quorum: number): { won: boolean; at: number } {
  let granted = 0
  let outstanding = given.length
  for (const { kind, after } of arrivals(given)) {
    outstanding--
    if (kind === 'granted') granted++
    if (granted >= quorum) return { won: true, at: after }
    if (granted + outstanding < quorum) return { won: false, at: after }
  }
  throw new Error('never decided')
}

/** Answers acquires by the plan, with the real state machine if the key is changed. */
function worldOf(given: readonly Vote[]): World {
  const world = new World(given.length)
  world.nodes.forEach((node, index) => {
    const { kind, after } = given[index]!
    let first = true
    node.intercept = (command, execute, answer) => {
      if (command.kind !== 'acquire' || !first) return false
      first = false
      const reply: NodeReply | undefined =
        kind === 'held'
          ? { vote: 'refused', reason: 'held', remaining: 100 }
          : kind === 'failed'
            ? { vote: 'failed', reason: 'LOADING' }
            : undefined
      // A granted or unknown command was applied, and only the answer differs.
      const real = reply ?? execute()
      if (kind === 'silent') return true
      world.clock.after(after, () => {
        answer(kind === 'unknown' ? { vote: 'unknown', reason: 'reset' } : real)
      })
      return true
    }
  })
  return world
}

describe(`any votes in any order with any delays (seed ${seed})`, () => {
  test('any votes are decided at the first moment possible, and never wrong', async () => {
    await fc.assert(
      fc.asyncProperty(votes, async ({ votes: given, quorum }) => {
        const world = worldOf(given)
        const redlock = world.client({ ttl: TTL, quorum, autoExtend: false })
        const start = world.clock.monotonic()
        const outcome = await world.clock.run(redlock.acquire('a', { wait: 0 }).catch(() => null))
        const { won, at } = expected(given, quorum)
        expect(outcome !== null).toBe(won)
        expect(world.clock.monotonic() - start).toBe(at)
      }),
      runs,
    )
  })

  test('a reply is never lost: a grant in vain is released, and a late grant is a top-up', async () => {
    await fc.assert(
      fc.asyncProperty(votes, async ({ votes: given, quorum }) => {
        const world = worldOf(given)
        const redlock = world.client({ ttl: TTL, quorum, autoExtend: false })
        const lock = await world.clock.run(redlock.acquire('a', { wait: 0 }).catch(() => null))
        await world.clock.advance(2_000)
        if (lock === null) {
          expect(world.holders('a')).toEqual([])
        } else {
          expect(world.holders('a')).toHaveLength(
            given.filter(({ kind }) => kind !== 'held' && kind !== 'failed').length,
          )
          lock.votes.forEach(({ vote }, index) => {
            const { kind } = given[index]!
            expect(vote).toBe({ held: 'refused', silent: 'unknown' }[kind as string] ?? kind)
          })
          await world.clock.run(lock.release())
          await world.clock.advance(2_000)
          expect(world.holders('a')).toEqual([])
        }
        expect(redlock.health().reduce((sum, { pendingReleases }) => sum + pendingReleases, 0)).toBe(0)
      }),
      runs,
    )
  })

  test('a wait that ended in vain or was aborted leaves no trace', async () => {
    await fc.assert(
      fc.asyncProperty(votes, fc.integer({ min: 0, max: 900 }), async ({ votes: given, quorum }, abortAt) => {
        const world = worldOf(given)
        const stop = new AbortController()
        world.clock.after(abortAt, () => stop.abort('stop'))
        const redlock = world.client({ ttl: TTL, quorum, autoExtend: false })
        const work = redlock.acquire('a', { signal: stop.signal, wait: 800 }).catch(() => null)
        const lock = await world.clock.run(work)
        if (lock !== null) await world.clock.run(lock.release())
        await world.clock.advance(2_000)
        expect(world.waiters('a')).toBe(0)
        expect(world.holders('a')).toEqual([])
      }),
      runs,
    )
  })
})

interface Step {
  readonly client: number
  readonly hold: number
  readonly after: number
}

describe(`mutual exclusion among clients (seed ${seed})`, () => {
  test.each([
    ['fair', true],
    ['unfair', false],
  ])(
    '%s clients never hold a lock at the same time, over slow, freezing and disconnecting nodes',
    async (_name, fair) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 5 }),
          fc.array(
            fc.record({
              client: fc.integer({ min: 0, max: 2 }),
              hold: fc.integer({ min: 1, max: 400 }),
              after: fc.integer({ min: 0, max: 300 }),
            }),
            { minLength: 2, maxLength: 12 },
          ),
          fc.array(
            fc.record({
              node: fc.nat({ max: 4 }),
              fault: fc.constantFrom('freeze', 'disconnect', 'slow', 'deaf'),
              at: fc.integer({ min: 0, max: 2_000 }),
              lasts: fc.integer({ min: 1, max: 1_500 }),
            }),
            { maxLength: 6 },
          ),
          fc.infiniteStream(fc.integer({ min: 0, max: 12 })),
          async (size, steps: Step[], faults, delays) => {
            const world = new World(size)
            for (const node of world.nodes) node.delay = () => delays.next().value as number
            const clients = [0, 1, 2].map(() => world.client({ ttl: 600, fair, retryInterval: 20 }))
            for (const { node: index, fault, at, lasts } of faults) {
              const node = world.node(index % size)
              world.clock.after(at, () => {
                if (fault === 'freeze') node.freeze()
                else if (fault === 'disconnect') node.disconnect()
                else if (fault === 'slow') node.delay = 90
                else node.losesReplies = true
              })
              world.clock.after(at + lasts, () => {
                node.thaw()
                if (!node.connected) node.reconnect()
                node.losesReplies = false
                node.delay = () => delays.next().value as number
              })
            }
            const holding = new Map<Lock, number>()
            const check = (): void => {
              expect([...holding.keys()].filter((lock) => lock.held).length).toBeLessThanOrEqual(1)
            }
            let sections = 0
            const works = steps.map(async ({ client, hold, after }) => {
              await new Promise<void>((resolve) => world.clock.after(after, resolve))
              await clients[client]!.using('a', { wait: 20_000 }, async (lock) => {
                holding.set(lock, client)
                check()
                await new Promise<void>((resolve) => world.clock.after(hold, resolve))
                check()
                holding.delete(lock)
                sections++
              }).catch((error: unknown) => {
                expect(error).toMatchObject({ code: expect.stringMatching(/LOST|UNAVAILABLE/) })
              })
            })
            await world.clock.run(Promise.all(works), 120_000)
            expect(sections).toBe(steps.length)
            await world.clock.advance(20_000)
            expect(world.holders('a')).toEqual([])
            expect(world.waiters('a')).toBe(0)
            expect(
              clients.flatMap((client) => client.health()).map(({ pendingReleases }) => pendingReleases),
            ).toEqual(Array(3 * size).fill(0))
          },
        ),
        { seed, numRuns: 150 },
      )
    },
  )
})
