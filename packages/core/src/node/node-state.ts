import {
  type AcquireCommand,
  type Bearer,
  CLOCK_TOLERANCE,
  type ExtendCommand,
  type Fence,
  type ForceCommand,
  type InspectCommand,
  type MarkerCheck,
  type NodeCommand,
  type ReleaseCommand,
  type RepairCommand,
  type Waiter,
} from './commands.js'
import { list, restore, tidy } from './copies.js'
import { liveLock } from './live-lock.js'
import type { Handed } from './lock-node.js'
import { barredByMarker, greetingOf, mark, noteInMarker } from './marker-state.js'
import { refused, type NodeReply } from './replies.js'
import type { NodeState, Place } from './stored.js'
import { listens, longestHandOver } from './waiter-id.js'

/** Notifies a waiter that its turn may have come, or that it has the lock. False when its client does not listen. */
export type Wake = (waiterId: string, handed?: Handed) => boolean

const SWEEP_EVERY = 1_024
/** The most places without a listening client that one release skips. Places behind them expire on their own. */
const MAX_SKIPPED = 100

export function createNodeState(run: string): NodeState {
  return {
    run,
    durable: false,
    locks: new Map(),
    queues: new Map(),
    counters: new Map(),
    bearers: new Map(),
    markers: new Map(),
    plants: new Map(),
    untilSweep: SWEEP_EVERY,
  }
}

/**
 * One node as a pure state machine: `(state, command, now) → reply`. This is the executable specification. The Lua
 * scripts are its translation, and the memory node and the simulator run it directly.
 *
 * Applies one command at the node's time `now` (milliseconds). The reply and the wake-ups are its only outputs.
 */
export function execute(state: NodeState, command: NodeCommand, now: number, wake: Wake): NodeReply {
  if (--state.untilSweep <= 0) sweep(state, now)
  switch (command.kind) {
    case 'acquire':
      return acquire(state, command, now)
    case 'extend':
      return extend(state, command, now)
    case 'repair':
      return repair(state, command, now)
    case 'release':
      return release(state, command, now, wake)
    case 'force':
      return force(state, command, now, wake)
    case 'inspect':
      return inspect(state, command, now)
    case 'greet':
      return { vote: 'granted', clock: now, greeting: greetingOf(state, command.marker, now) }
    case 'mark':
      return mark(state, command, now)
    case 'list':
      return list(state, command, now)
    case 'restore':
      return restore(state, command, now)
    case 'tidy': {
      const { reply, freed } = tidy(state, command, now)
      serveNext(state, freed, undefined, undefined, now, wake)
      return reply
    }
  }
}

function acquire(state: NodeState, command: AcquireCommand, now: number): NodeReply {
  const { keys, value, ttl, fence } = command
  const barred = barredByMarker(state, command.marker, now)
  if (barred !== undefined) return barred

  const waiter = typeof command.queue === 'object' ? command.queue : undefined
  let owned = 0
  let held = -1
  for (const key of keys) {
    const lock = liveLock(state, key, now)
    if (lock === undefined) continue
    if (lock.value === value) owned++
    else held = Math.max(held, lock.expiresAt - now)
  }
  // Either the lock has been handed over in the meantime, or the connection repeats a command after a reconnect.
  if (owned === keys.length) {
    grant(state, keys, value, ttl, undefined, command.marker, now)
    if (waiter !== undefined) dequeue(state, keys, waiter.id)
    return { vote: 'granted', clock: now }
  }
  if (held >= 0) {
    if (waiter !== undefined) enqueue(state, keys, waiter, now)
    return refused('held', now, held)
  }

  const ahead = command.queue === 'ignore' ? -1 : msUntilTurn(state, keys, waiter, now)
  if (ahead >= 0) {
    if (waiter !== undefined) enqueue(state, keys, waiter, now)
    return refused('queued', now, ahead)
  }

  const counter = fence === undefined ? 0 : highestCounter(state, keys, command.marker, now)
  if (fence !== undefined && counter >= fence.token) {
    return { vote: 'refused', reason: 'stale', counter, clock: now }
  }

  grant(state, keys, value, ttl, fence, command.marker, now)
  if (waiter !== undefined) dequeue(state, keys, waiter.id)
  return { vote: 'granted', clock: now }
}

function extend(state: NodeState, command: ExtendCommand, now: number): NodeReply {
  const { keys, value, ttl, bearer } = command
  // What a node that lost its data has may be a copy, or older than what it forgot.
  const barred = barredByMarker(state, command.marker, now)
  if (barred !== undefined) return barred
  if (wasResumed(state, keys, value, bearer, now)) return refused('taken', now)
  const missing = missingReason(state, keys, value, now)
  if (missing !== undefined) return refused(missing, now)
  for (const key of keys) {
    state.locks.set(key, { value, expiresAt: now + ttl })
    if (bearer !== undefined && bearer > 0) state.bearers.set(key, { value, bearer, expiresAt: now + ttl })
  }
  noteInMarker(state, command.marker, ttl, 0)
  return { vote: 'granted', clock: now }
}

function repair(state: NodeState, command: RepairCommand, now: number): NodeReply {
  const { keys, value, ttl, fence } = command
  const barred = barredByMarker(state, command.marker, now)
  if (barred !== undefined) return barred
  if (missingReason(state, keys, value, now) === 'taken') return refused('taken', now)
  if (fence !== undefined) {
    // The node may already have this very token, so only a higher one is a reason to refuse.
    const counter = highestCounter(state, keys, command.marker, now)
    if (counter > fence.token) return { vote: 'refused', reason: 'stale', counter, clock: now }
  }
  grant(state, keys, value, ttl, fence, command.marker, now)
  return { vote: 'granted', clock: now }
}

function release(state: NodeState, command: ReleaseCommand, now: number, wake: Wake): NodeReply {
  const { keys, value, requeue, bearer, marker } = command
  if (wasResumed(state, keys, value, bearer, now)) return refused('taken', now)
  let released = 0
  for (const key of keys) {
    if (liveLock(state, key, now)?.value !== value) continue
    state.locks.delete(key)
    released++
  }
  dequeue(state, keys, value)
  if (requeue !== undefined) enqueue(state, keys, requeue, now)
  serveNext(state, keys, released > 0 ? requeue?.id : undefined, marker, now, wake)
  return released === keys.length ? { vote: 'granted', clock: now } : refused('gone', now)
}

function force(state: NodeState, command: ForceCommand, now: number, wake: Wake): NodeReply {
  let deleted = 0
  for (const key of command.keys) {
    if (liveLock(state, key, now) === undefined) continue
    state.locks.delete(key)
    deleted++
  }
  serveNext(state, command.keys, undefined, undefined, now, wake)
  return deleted > 0 ? { vote: 'granted', clock: now } : refused('gone', now)
}

function inspect(state: NodeState, command: InspectCommand, now: number): NodeReply {
  const sightings = command.keys.map((key) => {
    const lock = liveLock(state, key, now)
    return {
      key,
      value: lock?.value ?? null,
      remaining: lock === undefined ? null : lock.expiresAt - now,
      waiters: livePlaces(state, key, now)
        .filter((place) => !onlyWatches(place))
        .map((place) => place.id),
      counter: liveCounter(state, key, now),
    }
  })
  if (command.watch !== undefined && sightings.some((sighting) => sighting.value !== null)) {
    enqueue(state, command.keys, command.watch, now)
  }
  return { vote: 'granted', clock: now, sightings }
}

// ── locks and counters ───────────────────────────────────────────────────────────────────────────────────────────────

/** Why not all keys hold the value: `taken` if another value holds one of them, else `gone`. `undefined` if all do. */
function missingReason(
  state: NodeState,
  keys: readonly string[],
  value: string,
  now: number,
): 'gone' | 'taken' | undefined {
  let reason: 'gone' | undefined
  for (const key of keys) {
    const lock = liveLock(state, key, now)
    if (lock === undefined) reason = 'gone'
    else if (lock.value !== value) return 'taken'
  }
  return reason
}

/** Whether another process has resumed the lock, so that this bearer may no longer extend or release it. */
function wasResumed(
  state: NodeState,
  keys: readonly string[],
  value: string,
  bearer: Bearer | undefined,
  now: number,
): boolean {
  if (bearer === undefined) return false
  return keys.some((key) => {
    const borne = state.bearers.get(key)
    return borne?.value === value && borne.bearer > bearer && now <= borne.expiresAt
  })
}

function grant(
  state: NodeState,
  keys: readonly string[],
  value: string,
  ttl: number,
  fence: Fence | undefined,
  check: MarkerCheck | undefined,
  now: number,
): void {
  for (const key of keys) {
    state.locks.set(key, { value, expiresAt: now + ttl })
    if (fence !== undefined) {
      state.counters.set(key, { token: fence.token, expiresAt: now + ttl + fence.retention })
    }
  }
  noteInMarker(state, check, ttl, fence?.token ?? 0)
}

function liveCounter(state: NodeState, key: string, now: number): number {
  const counter = state.counters.get(key)
  return counter === undefined || now > counter.expiresAt ? 0 : counter.token
}

function highestCounter(
  state: NodeState,
  keys: readonly string[],
  check: MarkerCheck | undefined,
  now: number,
): number {
  let highest = check === undefined ? 0 : (state.markers.get(check.key)?.floor ?? 0)
  for (const key of keys) highest = Math.max(highest, liveCounter(state, key, now))
  return highest
}

// ── the queue of each key ("Waiting") ────────────────────────────────────────────────────────────────────────────────

function livePlaces(state: NodeState, key: string, now: number): Place[] {
  const places = state.queues.get(key)
  if (places === undefined) return []
  if (places.every((place) => now <= place.deadline)) return places
  const alive = places.filter((place) => now <= place.deadline)
  if (alive.length > 0) state.queues.set(key, alive)
  else state.queues.delete(key)
  return alive
}

/** If the client's clock is wrong, the node's own clock less the time already waited replaces it. */
function orderOf(waiter: Waiter, now: number): number {
  if (onlyWatches(waiter)) return waiter.at
  return Math.abs(waiter.at + waiter.age - now) <= CLOCK_TOLERANCE ? waiter.at : now - waiter.age
}

function onlyWatches(place: { at: number }): boolean {
  return place.at === Infinity
}

function comesBefore(a: { at: number; id: string }, b: { at: number; id: string }): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id)
}

/**
 * Upper bound in milliseconds until every waiter ahead (every one, without `waiter`) has expired; -1 if none is ahead.
 */
function msUntilTurn(
  state: NodeState,
  keys: readonly string[],
  waiter: Waiter | undefined,
  now: number,
): number {
  const self = waiter && { id: waiter.id, at: orderOf(waiter, now) }
  let life = -1
  for (const key of keys) {
    const head = livePlaces(state, key, now)[0]
    if (head === undefined || onlyWatches(head) || head.id === self?.id) continue
    if (self === undefined || comesBefore(head, self)) life = Math.max(life, head.deadline - now)
  }
  return life
}

function enqueue(state: NodeState, keys: readonly string[], waiter: Waiter, now: number): void {
  const place = { id: waiter.id, at: orderOf(waiter, now), deadline: now + waiter.life }
  for (const key of keys) {
    const others = livePlaces(state, key, now).filter((other) => other.id !== waiter.id)
    const behind = others.findIndex((other) => comesBefore(place, other))
    others.splice(behind < 0 ? others.length : behind, 0, { ...place })
    state.queues.set(key, others)
  }
}

function dequeue(state: NodeState, keys: readonly string[], id: string): void {
  for (const key of keys) {
    const places = state.queues.get(key)
    if (places === undefined) continue
    const others = places.filter((place) => place.id !== id)
    if (others.length > 0) state.queues.set(key, others)
    else state.queues.delete(key)
  }
}

/**
 * Serves the next waiter of every free key. `except` has just withdrawn a partial grant: waking it here would only
 * repeat the same attempt, so it waits for a wake-up from another node.
 */
function serveNext(
  state: NodeState,
  keys: readonly string[],
  except: string | undefined,
  check: MarkerCheck | undefined,
  now: number,
  wake: Wake,
): void {
  const mayVote = check !== undefined && barredByMarker(state, check, now) === undefined
  for (const key of keys) {
    if (liveLock(state, key, now) !== undefined) continue
    for (const head of livePlaces(state, key, now).slice(0, MAX_SKIPPED)) {
      if (head.id === except) break
      if (onlyWatches(head)) {
        wakeWatchers(state, key, now, wake)
        break
      }
      if (hasTurn(state, key, head, mayVote ? check : undefined, now, wake)) break
      // Its process has died, or cannot be reached at the moment. The next waiter need not wait until the place
      // expires. A process that is alive takes its place again with its next attempt.
      dequeue(state, [key], head.id)
    }
  }
}

/**
 * Hands the lock to the next waiter, which need not request it a second time, before any other client can acquire it
 * and for as long as its place would have lasted. If the node may not vote (no `check`), the waiter is only woken.
 * False if no subscriber received the message although the waiter's client listens. A client that does not listen polls
 * on its own, and must not be skipped forever.
 */
function hasTurn(
  state: NodeState,
  key: string,
  { id, deadline }: Place,
  check: MarkerCheck | undefined,
  now: number,
  wake: Wake,
): boolean {
  const remaining = Math.min(longestHandOver(id), deadline - now)
  if (check === undefined || remaining < 1) return wake(id) || check === undefined || !listens(id)
  if (!wake(id, { remaining, deadline, stamp: check.stamp })) return false
  grant(state, [key], id, remaining, undefined, check, now)
  dequeue(state, [key], id)
  return true
}

function wakeWatchers(state: NodeState, key: string, now: number, wake: Wake): void {
  for (const place of livePlaces(state, key, now)) if (onlyWatches(place)) wake(place.id)
}

/** Deletes expired entries. The cost is amortized over as many commands as there are entries. */
function sweep(state: NodeState, now: number): void {
  for (const key of state.locks.keys()) liveLock(state, key, now)
  for (const key of state.queues.keys()) livePlaces(state, key, now)
  for (const [key, counter] of state.counters) if (now > counter.expiresAt) state.counters.delete(key)
  for (const [key, borne] of state.bearers) if (now > borne.expiresAt) state.bearers.delete(key)
  state.untilSweep =
    SWEEP_EVERY + state.locks.size + state.queues.size + state.counters.size + state.bearers.size
}
