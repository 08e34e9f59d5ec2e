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
  /** Returns the resource that represents an item. */
  readonly key: (item: Item) => string
  /** Number of items that are processed at the same time. Default 10. */
  readonly concurrency?: number | undefined
  /** Called after every item. */
  readonly onProgress?: ((progress: ClaimProgress<Item>) => void) | undefined
  /**
   * Milliseconds for which the lock of a finished item remains, so that other processes with the same list skip the
   * item. Default 0: the lock is released, which is right if finished items disappear from the list.
   */
  readonly keep?: number | undefined
  /** Milliseconds for which an item stays claimed after its worker crashed. Default: the `ttl` of the Redlock. */
  readonly ttl?: number | undefined
  /** Issue a fencing token per item, `lock.token`. Default false. */
  readonly fencing?: boolean | undefined
  /**
   * Once aborted, no more items are claimed, and the signals of running functions abort. The report is still returned.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * - `done` · `skipped` another process has the item · `failed` the function threw, or no quorum could be reached
 * - `lost` the function succeeded, but its lock was lost in the meantime, so another process may have processed it too
 */
export type ClaimStatus = 'done' | 'skipped' | 'failed' | 'lost'

export interface ClaimProgress<Item> {
  readonly item: Item
  readonly status: ClaimStatus
  readonly error?: unknown
  /** Number of items so far, with any status. */
  readonly settled: number
}

export interface ClaimReport<Item, T> {
  readonly done: readonly { readonly item: Item; readonly value: T }[]
  readonly skipped: readonly Item[]
  readonly failed: readonly { readonly item: Item; readonly error: unknown }[]
  readonly lost: readonly { readonly item: Item; readonly value: T }[]
  /** Whether the signal prevented items from being claimed. */
  readonly stopped: boolean
}

const MOST_AT_ONCE = 10_000
/** Attempts for an item that several processes request at the same moment, so that none of them gets a majority. */
const MOST_TRIES = 5

type Result<T> =
  | { readonly status: 'done' | 'lost'; readonly value: T }
  | { readonly status: 'skipped' }
  | { readonly status: 'failed'; readonly error: unknown }

const OPTIONS = ['key', 'concurrency', 'onProgress', 'keep', 'ttl', 'fencing', 'signal'] as const

/**
 * Processes a list that other processes have too. Each item is locked separately, and processed by only one of them.
 */
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
  // One call at a time, because an iterator must not be called again before its last result has arrived.
  let turn: Promise<unknown> = Promise.resolve()
  const next = (): Promise<IteratorResult<Item>> => {
    const pulled = turn.then(async () => source.next())
    turn = pulled.catch(() => undefined)
    return pulled
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
      // If the list, the progress function or the signal ended this worker, the others end after their current items.
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
    // Has no effect on a lock that is kept, because it has been detached.
    await lock[Symbol.asyncDispose]()
  }
}

/** `null` if another process has the item. If all of them were refused at once, they must not all skip the item. */
async function tryUntilSure(redlock: Redlock, key: string, options: AcquireOptions): Promise<Lock | null> {
  for (let tries = 1; ; tries++) {
    const lock = await redlock.tryAcquire(key, options)
    if (lock !== null || tries === MOST_TRIES || (await redlock.isLocked(key))) return lock
  }
}

/** Waits for all workers, then rejects with the first failure, so that nothing still runs after the call has ended. */
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
