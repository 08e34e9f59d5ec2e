import type { Lock } from '../lock.js'
import { shown } from '../check.js'
import type { AcquireOptions } from '../options.js'
import type { Redlock } from '../redlock.js'
import {
  checkFunction,
  checkGiven,
  checkOptions,
  checkRedlock,
  checkSignal,
  checkTime,
  checkWhole,
} from './checks.js'
import { keep, UNLIMITED } from './keep.js'
import { follow } from './signals.js'

export interface ClaimEachOptions<Item> {
  /** The resource that stands for an item. */
  readonly key: (item: Item) => string
  /** How many items are worked on at the same time. Default 10. */
  readonly concurrency?: number | undefined
  /** Called after every item. */
  readonly onProgress?: ((progress: ClaimProgress<Item>) => void) | undefined
  /**
   * How long the lock of an item that is done stays, milliseconds, so that others who go through the same list skip
   * it. Default 0: it is released, which is right where a done item leaves the list by itself.
   */
  readonly keep?: number | undefined
  /** How long an item whose worker crashed stays claimed, milliseconds. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Draw a fencing token per item: `lock.token`. Default false. */
  readonly fencing?: boolean | undefined
  /** Claims nothing more once aborted, and is passed on to what is under way. The report says what came of it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * - `done` · `skipped` somebody else has it · `failed` the function threw, or no quorum could be reached
 * - `lost` the function succeeded, but its lock was lost meanwhile: another one may have worked on it too
 */
export type ClaimStatus = 'done' | 'skipped' | 'failed' | 'lost'

export interface ClaimProgress<Item> {
  readonly item: Item
  readonly status: ClaimStatus
  readonly error?: unknown
  /** Items so far, whatever became of them. */
  readonly settled: number
}

export interface ClaimReport<Item, T> {
  readonly done: readonly { readonly item: Item; readonly value: T }[]
  readonly skipped: readonly Item[]
  readonly failed: readonly { readonly item: Item; readonly error: unknown }[]
  readonly lost: readonly { readonly item: Item; readonly value: T }[]
  /** Whether the signal kept items from being looked at. */
  readonly stopped: boolean
}

const MOST_AT_ONCE = 10_000
/** Tries for an item that several ask for in the same moment, none of whom gets a majority. */
const MOST_TRIES = 5

type Result<T> =
  | { readonly status: 'done' | 'lost'; readonly value: T }
  | { readonly status: 'skipped' }
  | { readonly status: 'failed'; readonly error: unknown }

const OPTIONS = ['key', 'concurrency', 'onProgress', 'keep', 'ttl', 'fencing', 'signal'] as const

/** Works through a list beside others who have the same list: each item is locked on its own, and taken by one of them. */
export async function claimEach<Item, T>(
  redlock: Redlock,
  items: Iterable<Item> | AsyncIterable<Item>,
  fn: (item: Item, signal: AbortSignal, lock: Lock) => T | Promise<T>,
  options: ClaimEachOptions<Item>,
): Promise<ClaimReport<Item, T>> {
  check(redlock, items, fn, options)
  const { concurrency = 10, onProgress, signal } = options
  const report = {
    done: [] as { item: Item; value: T }[],
    skipped: [] as Item[],
    failed: [] as { item: Item; error: unknown }[],
    lost: [] as { item: Item; value: T }[],
    stopped: false,
  }
  let settled = 0

  const note = (item: Item, result: Result<T>): void => {
    if (result.status === 'skipped') report.skipped.push(item)
    else if (result.status === 'failed') report.failed.push({ item, error: result.error })
    else report[result.status].push({ item, value: result.value })
    const error = result.status === 'failed' ? { error: result.error } : {}
    onProgress?.({ item, status: result.status, ...error, settled: ++settled })
  }

  const source = iteratorOf(items)
  // One after another: an iterator must not be asked again before it has answered.
  let turn: Promise<unknown> = Promise.resolve()
  const next = (): Promise<IteratorResult<Item>> => {
    const asked = turn.then(async () => source.next())
    turn = asked.catch(() => undefined)
    return asked
  }

  let ended = false
  const work = async (): Promise<void> => {
    try {
      for (;;) {
        const pulled = await next()
        if (pulled.done === true) ended = true
        const item = pulled.value as Item
        if (ended) return
        if (signal?.aborted === true) {
          report.stopped = true
          return
        }
        note(item, await claim(redlock, item, fn, options))
      }
    } finally {
      // Whether the list, the progress function or the signal ended it: the other workers end with their items.
      if (!ended) {
        ended = true
        await source.return?.()
      }
    }
  }
  await settleAll(Array.from({ length: concurrency }, work))
  return report
}

async function claim<Item, T>(
  redlock: Redlock,
  item: Item,
  fn: (item: Item, signal: AbortSignal, lock: Lock) => T | Promise<T>,
  options: ClaimEachOptions<Item>,
): Promise<Result<T>> {
  const { ttl, fencing, signal, keep: time = 0 } = options
  let lock: Lock | null
  try {
    lock = await tryUntilSure(redlock, options.key(item), {
      ttl,
      fencing,
      ...(time > 0 ? { maxHold: UNLIMITED } : {}),
      autoExtend: true,
    })
  } catch (error) {
    return { status: 'failed', error }
  }
  if (lock === null) return { status: 'skipped' }
  const following = follow(lock.signal, signal)
  try {
    const value = await fn(item, following.signal, lock)
    if (!lock.held) return { status: 'lost', value }
    if (time > 0 && !(await keep(lock, time))) return { status: 'lost', value }
    return { status: 'done', value }
  } catch (error) {
    return { status: 'failed', error }
  } finally {
    following.dispose()
    // Leaves alone what is kept.
    await lock[Symbol.asyncDispose]()
  }
}

/** `null` when another one has the item: that all who asked for it were refused must not make all of them skip it. */
async function tryUntilSure(redlock: Redlock, key: string, options: AcquireOptions): Promise<Lock | null> {
  for (let tries = 1; ; tries++) {
    const lock = await redlock.tryAcquire(key, options)
    if (lock !== null || tries === MOST_TRIES || (await redlock.isLocked(key))) return lock
  }
}

/** Waits for all, then rejects with the first failure: nothing goes on behind the caller's back. */
async function settleAll(workers: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(workers)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): Iterator<Item> | AsyncIterator<Item> {
  const { [Symbol.asyncIterator]: later } = items as Partial<AsyncIterable<Item>>
  return later === undefined ? (items as Iterable<Item>)[Symbol.iterator]() : later.call(items)
}

function check<Item>(redlock: Redlock, items: unknown, fn: unknown, options: ClaimEachOptions<Item>): void {
  checkRedlock(redlock)
  const iterable = items as Partial<Iterable<Item> & AsyncIterable<Item>> | null | undefined
  if (
    typeof iterable?.[Symbol.iterator] !== 'function' &&
    typeof iterable?.[Symbol.asyncIterator] !== 'function'
  ) {
    throw new TypeError(`Expected \`items\` to be iterable, got ${shown(items)}`)
  }
  checkFunction('fn', fn)
  checkGiven('options', options)
  checkOptions(options, OPTIONS)
  checkFunction('key', options.key)
  checkFunction('onProgress', options.onProgress, 'optional')
  checkWhole('concurrency', options.concurrency, 1, MOST_AT_ONCE)
  checkTime('keep', options.keep, 0)
  checkTime('ttl', options.ttl, 1)
  checkSignal(options.signal)
}
