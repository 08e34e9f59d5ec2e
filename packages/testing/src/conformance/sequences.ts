import {
  TOMBSTONE,
  type AcquireCommand,
  type Fence,
  type MarkerCheck,
  type MarkCommand,
  type NodeCommand,
  type Waiter,
} from '@quorumlock/core'
import fc from 'fast-check'

/** What a generated sequence of commands refers to. */
export interface World {
  readonly keys: readonly string[]
  /** What the keys begin with, and no others. */
  readonly prefix: string
  /** When each key that is held expires, by the node's own account before the step. */
  readonly expiries: ReadonlyMap<string, number>
  readonly marker: string
  /** Id of the server process, from its greeting. */
  readonly run: string
  /** The node's clock when the sequence was created, milliseconds. */
  readonly now: number
  readonly channel: string
}

/** Commands are generated without knowledge of the world, so that a seed gives the same sequence everywhere. */
export type Step =
  | { readonly kind: 'commands'; readonly commands: readonly ((world: World) => NodeCommand)[] }
  /** Time passes until everything short-lived has expired. */
  | { readonly kind: 'pause' }

/** Lifetimes of locks and places: they end after a pause, or not during a test. */
export const SHORT = 80
const LONG = 60_000

const times = fc.oneof(
  { weight: 1, arbitrary: fc.constant(SHORT) },
  { weight: 4, arbitrary: fc.constantFrom(LONG, 2 * LONG, 3 * LONG) },
)
const values = fc.constantFrom('ada', 'ben "quoted" \\ ', 'cléo ✓')

/** Some waiters are only woken, others may be handed the lock. */
const OFFERS = ['', `@${LONG}`, `@${SHORT}`, `@${3 * LONG}~a label`]
const idOf = ({ channel }: World, number: number): string => `${channel}#${number}${OFFERS[number - 1] ?? ''}`
const keysOf = fc
  .subarray([0, 1, 2], { minLength: 1 })
  .map((indexes) => (world: World) => indexes.map((index) => world.keys[index] as string))

const waitersLiving = (life: fc.Arbitrary<number>) =>
  fc
    .record({
      number: fc.integer({ min: 1, max: 4 }),
      // Beyond a second, the waiter's clock is not trusted.
      at: fc.constantFrom(-300, -200, -100, 0, 100, 500_000, -500_000),
      age: fc.constantFrom(0, 50, 150),
      life,
    })
    .map(
      ({ number, at, age, life }) =>
        (world: World): Waiter => ({
          id: idOf(world, number),
          at: world.now + at,
          age,
          life,
        }),
    )
const waiters = waitersLiving(times)
const watchers = fc.record({ number: fc.integer({ min: 5, max: 6 }), life: times }).map(
  ({ number, life }) =>
    (world: World): Waiter => ({
      id: idOf(world, number),
      at: Infinity,
      age: 0,
      life,
    }),
)

const queues = fc.oneof(
  fc.constant(() => 'ignore' as const),
  fc.constant(() => 'respect' as const),
  { weight: 4, arbitrary: waiters },
)
const tokens = fc.integer({ min: 1, max: 6 }).map((token) => 1_750_000_000_000_000 + token)
const fences = fc.option(fc.record({ token: tokens, retention: times }) satisfies fc.Arbitrary<Fence>, {
  nil: undefined,
})
const runs = fc.oneof(
  { weight: 5, arbitrary: fc.constant((world: World) => world.run) },
  { weight: 1, arbitrary: fc.constant(() => 'another-run') },
)
export const STAMP = 'stamp-1'
const stamps = fc.oneof(
  { weight: 5, arbitrary: fc.constant(STAMP) },
  { weight: 1, arbitrary: fc.constant('stamp-2') },
)
/** Every marker records at least the shortest of the lifetimes. */
const markers = fc.option(
  fc.tuple(stamps, fc.constantFrom(0, SHORT)).map(
    ([stamp, longestTtl]) =>
      (world: World): MarkerCheck => ({ key: world.marker, stamp, longestTtl }),
  ),
  { nil: () => undefined },
)

/** The engine uses the name of the waiter as the value of an acquire, but nodes must not rely on that. */
const valueOf = (value: string, queue: AcquireCommand['queue'], isNamed: boolean): string =>
  isNamed && typeof queue === 'object' ? queue.id : value

const acquires = fc
  .tuple(keysOf, values, fc.boolean(), times, queues, fences, markers)
  .map(([keys, value, isNamed, ttl, queueIn, fence, marker]) => (world: World): NodeCommand => {
    const queue = queueIn(world)
    return {
      kind: 'acquire',
      keys: keys(world),
      value: valueOf(value, queue, isNamed),
      ttl,
      queue,
      fence,
      marker: marker(world),
    }
  })
/** Commands for a lock that moves from process to process. */
const bearers = fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined, freq: 2 })
const extends_ = fc.tuple(keysOf, values, times, bearers, markers).map(
  ([keys, value, ttl, bearer, marker]) =>
    (world: World): NodeCommand => ({
      kind: 'extend',
      keys: keys(world),
      value,
      ttl,
      bearer,
      marker: marker(world),
    }),
)
const repairs = fc.tuple(keysOf, values, times, fences, markers).map(
  ([keys, value, ttl, fence, marker]) =>
    (world: World): NodeCommand => ({
      kind: 'repair',
      keys: keys(world),
      value,
      ttl,
      fence,
      marker: marker(world),
    }),
)
/** Releases of an acquired lock, or of a place and the lock handed over to it. */
const released = fc.oneof(
  { weight: 2, arbitrary: values.map((value) => () => value) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 6 }).map((number) => (world: World) => idOf(world, number)),
  },
)
const releases = fc
  .tuple(keysOf, released, fc.option(waiters, { nil: () => undefined, freq: 3 }), bearers, markers)
  .map(
    ([keys, value, requeue, bearer, marker]) =>
      (world: World): NodeCommand => ({
        kind: 'release',
        keys: keys(world),
        value: value(world),
        requeue: requeue(world),
        bearer,
        marker: marker(world),
      }),
  )
const forces = keysOf.map(
  (keys) =>
    (world: World): NodeCommand => ({ kind: 'force', keys: keys(world) }),
)
const inspections = fc.tuple(keysOf, fc.option(watchers, { nil: () => undefined })).map(
  ([keys, watch]) =>
    (world: World): NodeCommand => ({
      kind: 'inspect',
      keys: keys(world),
      watch: watch(world),
    }),
)
const claims = fc.option(
  fc.record({ by: fc.constantFrom('client-1', 'client-2'), progress: fc.constantFrom(0, 0.25, 1) }),
  { nil: undefined, freq: 8 },
)
const seats = fc.constantFrom('', 'few', 'all')
const replacedSeats = fc.constantFrom('', 'few', 'all', STAMP)
const nextStamps = fc.option(fc.constantFrom(STAMP, `${STAMP}/1`), { nil: undefined })
const marksOf = (...modes: readonly MarkCommand['mode'][]) =>
  fc
    .tuple(
      fc.constantFrom(...modes),
      runs,
      stamps,
      fc.constantFrom('blue', 'green'),
      times,
      tokens,
      times,
      claims,
      seats,
      replacedSeats,
      nextStamps,
    )
    .map(
      ([mode, run, stamp, fleet, longestTtl, floor, duration, claim, seated, replaced, next]) =>
        (world: World): NodeCommand => ({
          kind: 'mark',
          marker: world.marker,
          mode,
          fleet,
          run: run(world),
          stamp,
          longestTtl,
          floor,
          duration,
          claim: mode === 'claim' ? claim : undefined,
          seat: mode === 'plant' ? `seat for ${fleet}` : undefined,
          seats: seated,
          replaced,
          next,
        }),
    )
const foundings = marksOf('plant', 'plant', 'found', 'found', 'open')
const marks = marksOf(
  ...(['found', 'found', 'quarantine', 'quarantine', 'admit', 'shorten', 'lift'] as const),
  ...(['claim', 'claim', 'restored', 'seats', 'seats'] as const),
)
const greetings = fc.constant((world: World): NodeCommand => ({ kind: 'greet', marker: world.marker }))

/** More than any store has, because the order of the pages differs. */
const EVERY_KEY = 1_000_000
export const listOf =
  (stamp: string) =>
  ({ prefix, marker }: World): NodeCommand => ({
    kind: 'list',
    prefix,
    cursor: null,
    count: EVERY_KEY,
    marker: { key: marker, stamp, longestTtl: 0 },
  })
const lists = stamps.map(listOf)
const copied = fc.oneof({ weight: 6, arbitrary: values }, { weight: 1, arbitrary: fc.constant(TOMBSTONE) })
const copiesOf = <T>(fields: fc.Arbitrary<T>): fc.Arbitrary<readonly (T & { readonly index: number })[]> =>
  fc
    .tuple(fc.subarray([0, 1, 2], { minLength: 1 }), fc.array(fields, { minLength: 3, maxLength: 3 }))
    .map(([indexes, copies]) => indexes.map((index) => ({ index, ...(copies[index] as T) })))
const restores = fc
  .tuple(copiesOf(fc.record({ value: copied, ttl: times, bearer: fc.integer({ min: 0, max: 2 }) })), stamps)
  .map(
    ([copies, stamp]) =>
      ({ keys, marker }: World): NodeCommand => ({
        kind: 'restore',
        copies: copies.map(({ index, ...copy }) => ({ key: keys[index] as string, ...copy })),
        marker: { key: marker, stamp, longestTtl: 0 },
      }),
  )
/** Of a key that is free, or was used in the same step, the expiry cannot be right. */
const tidies = fc
  .tuple(copiesOf(fc.record({ value: copied, off: fc.constantFrom(0, 0, 0, -5_000, 5_000) })), stamps)
  .map(
    ([copies, stamp]) =>
      ({ keys, expiries, marker, now }: World): NodeCommand => ({
        kind: 'tidy',
        copies: copies.map(({ index, value, off }) => {
          const key = keys[index] as string
          return { key, value, expiresAt: (expiries.get(key) ?? now) + off }
        }),
        marker: { key: marker, stamp, longestTtl: 0 },
      }),
  )

const anything = fc.oneof(
  { weight: 8, arbitrary: acquires },
  { weight: 6, arbitrary: releases },
  { weight: 2, arbitrary: extends_ },
  { weight: 2, arbitrary: repairs },
  { weight: 1, arbitrary: forces },
  { weight: 3, arbitrary: inspections },
  { weight: 1, arbitrary: marks },
  { weight: 1, arbitrary: fc.oneof(foundings, greetings) },
  { weight: 1, arbitrary: fc.oneof(lists, restores, tidies) },
)
/** Few enough of each kind that they collide. */
const queueing = fc.oneof(acquires, releases, inspections)
const guarding = fc.oneof(
  { weight: 3, arbitrary: marks },
  { weight: 2, arbitrary: foundings },
  ...[greetings, acquires, extends_],
)
const restoring = fc.oneof(
  { weight: 2, arbitrary: marks },
  { weight: 3, arbitrary: restores },
  { weight: 2, arbitrary: tidies },
  { weight: 2, arbitrary: extends_ },
  ...[greetings, lists, acquires, repairs, releases, inspections],
)

const marking = (...modes: readonly MarkCommand['mode'][]): Step => ({
  kind: 'commands',
  commands: modes.map(
    (mode) =>
      (world: World): NodeCommand => ({
        kind: 'mark',
        marker: world.marker,
        mode,
        fleet: 'blue',
        run: world.run,
        stamp: STAMP,
        longestTtl: LONG,
        floor: 0,
        duration: LONG,
        seats: 'all',
      }),
  ),
})
/** One lock that moves from holder to holder, one command at a time, for which a node may have a fast path. */
const takings = fc
  .tuple(
    ...([values, fc.boolean(), times, waitersLiving(fc.constantFrom(SHORT, LONG))] as const),
    ...([fences, markers, fc.boolean()] as const),
  )
  .map(([value, isNamed, ttl, queueIn, fence, marker, isFenced]) => (world: World): NodeCommand => {
    const queue = queueIn(world)
    return {
      kind: 'acquire',
      keys: world.keys.slice(0, 1),
      value: valueOf(value, queue, isNamed),
      ttl,
      queue,
      fence: isFenced ? fence : undefined,
      marker: marker(world),
    }
  })
const givings = fc.tuple(released, markers).map(
  ([value, marker]) =>
    (world: World): NodeCommand => ({
      kind: 'release',
      keys: world.keys.slice(0, 1),
      value: value(world),
      marker: marker(world),
    }),
)
const alone = (command: (world: World) => NodeCommand): Step => ({ kind: 'commands', commands: [command] })
const handingOver = fc
  .array(
    fc.oneof(
      { weight: 15, arbitrary: takings.map(alone) },
      { weight: 15, arbitrary: givings.map(alone) },
      { weight: 3, arbitrary: inspections.map(alone) },
      { weight: 3, arbitrary: releases.map(alone) },
      { weight: 2, arbitrary: fc.constant<Step>({ kind: 'pause' }) },
    ),
    { minLength: 5, maxLength: 40 },
  )
  .map((steps): Step[] => [marking('plant', 'found', 'open'), ...steps])

const commandsOf = (commands: typeof anything): fc.Arbitrary<Step> =>
  fc.array(commands, { minLength: 1, maxLength: 12 }).map((list) => ({ kind: 'commands', commands: list }))

/** Each step is sent at once, so that a node may run its commands together. */
const stepsOf = (commands: typeof anything): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: commandsOf(commands) },
      { weight: 1, arbitrary: fc.constant<Step>({ kind: 'pause' }) },
    ),
    { minLength: 1, maxLength: 8 },
  )

/** A node that is restored, and votes again. */
const comingBack = fc
  .tuple(stepsOf(restoring), stepsOf(restoring))
  .map(([before, after]): Step[] => [marking('quarantine'), ...before, marking('restored'), ...after])

export const sequences: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 2, arbitrary: stepsOf(anything) },
  stepsOf(queueing),
  stepsOf(guarding),
  { weight: 2, arbitrary: comingBack },
  handingOver,
)
