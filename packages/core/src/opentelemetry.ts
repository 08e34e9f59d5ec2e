import {
  metrics,
  type Attributes,
  type BatchObservableCallback,
  type Meter,
  type Observable,
} from '@opentelemetry/api'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { shown } from './check.js'
import type { NodeHealth } from './health.js'
import { CHANNELS, type ChannelPayloads } from './telemetry/channels.js'

export interface InstrumentOptions {
  /** Default: the global meter with the name `quorumlock`. */
  readonly meter?: Meter | undefined
  /** Clients whose node states are observed. Default: none. */
  readonly clients?: readonly { health(): readonly NodeHealth[] }[] | undefined
  /**
   * Returns additional attributes for the locked resources. Default: none, because resource names are often unbounded
   * in number. Return a class of resources, such as `{ kind: 'order' }`.
   */
  readonly attributes?: ((resources: readonly string[]) => Attributes) | undefined
}

export interface Instrumentation {
  /** Stops measuring. Idempotent. */
  disable(): void
  [Symbol.dispose](): void
}

const SECONDS = { unit: 's' }
/** Bucket boundaries in seconds, from an acquisition on a memory node to a wait of several minutes. */
const BOUNDARIES = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
]
const NO_ATTRIBUTES: Attributes = {}

/**
 * Records OpenTelemetry metrics of all locks in this process, from the diagnostics channels. Instruments:
 * `quorumlock.acquire.duration`, `quorumlock.hold.duration` (seconds), `quorumlock.acquire.outcomes`,
 * `quorumlock.extend.outcomes`, `quorumlock.held`, `quorumlock.lost`, `quorumlock.node.events`, and with `clients`
 * `quorumlock.node.up` and `quorumlock.node.round_trip`.
 */
export function instrument(options: InstrumentOptions = {}): Instrumentation {
  check(options)
  const meter = options.meter ?? metrics.getMeter('quorumlock')
  const of = options.attributes ?? ((): Attributes => NO_ATTRIBUTES)
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, {
      ...SECONDS,
      description,
      advice: { explicitBucketBoundaries: BOUNDARIES },
    })
  const acquireDuration = histogram('quorumlock.acquire.duration', 'Time from the call to its outcome')
  const holdDuration = histogram('quorumlock.hold.duration', 'Time for which locks were held')
  const acquireOutcomes = meter.createCounter('quorumlock.acquire.outcomes', {
    description: 'Acquisitions by outcome',
  })
  const extendOutcomes = meter.createCounter('quorumlock.extend.outcomes', {
    description: 'Extensions by outcome',
  })
  const held = meter.createUpDownCounter('quorumlock.held', { description: 'Locks that are currently held' })
  const lost = meter.createCounter('quorumlock.lost', { description: 'Locks that were lost while held' })
  const nodeEvents = meter.createCounter('quorumlock.node.events', {
    description: 'Changes in the state of lock nodes',
  })

  // Measuring can begin while locks are held, so only holds whose beginning was counted may be counted down.
  const holds = new Map<number, Attributes>()
  const endHold = (hold: number, heldFor: number, end: 'released' | 'lost' | 'detached'): void => {
    const attributes = holds.get(hold)
    if (attributes === undefined) return
    holds.delete(hold)
    held.add(-1, attributes)
    holdDuration.record(heldFor / 1_000, { ...attributes, 'quorumlock.end': end })
  }

  const stops = [
    onEnd(CHANNELS.acquire, ({ resources, mode, outcome, duration, hold }) => {
      const given = of(resources)
      const attributes = { ...given, 'quorumlock.outcome': outcome, 'quorumlock.mode': mode }
      acquireOutcomes.add(1, attributes)
      acquireDuration.record((duration ?? 0) / 1_000, attributes)
      if (hold === undefined) return
      holds.set(hold, given)
      held.add(1, given)
    }),
    onEnd(CHANNELS.extend, ({ resources, outcome, by }) => {
      extendOutcomes.add(1, { ...of(resources), 'quorumlock.outcome': outcome, 'quorumlock.by': by })
    }),
    onEnd(CHANNELS.release, ({ hold, heldFor }) => {
      endHold(hold, heldFor, 'released')
    }),
    onEvent(CHANNELS.lost, ({ resources, hold, heldFor, reason }) => {
      lost.add(1, { ...of(resources), 'quorumlock.reason': reason })
      endHold(hold, heldFor, 'lost')
    }),
    onEvent(CHANNELS.detach, ({ hold, heldFor }) => {
      endHold(hold, heldFor, 'detached')
    }),
    onEvent(CHANNELS.node, ({ node, change }) => {
      nodeEvents.add(1, { 'quorumlock.node': node, 'quorumlock.change': change })
    }),
    observeNodes(meter, options.clients ?? []),
  ]
  const disable = (): void => {
    for (const stop of stops.splice(0)) stop()
  }
  return { disable, [Symbol.dispose]: disable }
}

function observeNodes(meter: Meter, clients: NonNullable<InstrumentOptions['clients']>): () => void {
  if (clients.length === 0) return () => undefined
  const up = meter.createObservableGauge('quorumlock.node.up', {
    description: '1 while a node can vote, 0 while it is disconnected, not responding or in quarantine',
  })
  const roundTrip = meter.createObservableGauge('quorumlock.node.round_trip', {
    ...SECONDS,
    description: 'Smoothed time from a command to its answer',
  })
  const observables: Observable[] = [up, roundTrip]
  const observe: BatchObservableCallback = (result) => {
    for (const client of clients) {
      for (const node of client.health()) {
        const attributes = { 'quorumlock.node': node.name }
        result.observe(up, node.state === 'up' ? 1 : 0, { ...attributes, 'quorumlock.state': node.state })
        if (node.roundTrip !== undefined) result.observe(roundTrip, node.roundTrip / 1_000, attributes)
      }
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => {
    meter.removeBatchObservableCallback(observe, observables)
  }
}

/** Calls back when a traced operation has ended, that is when its promise has settled either way. */
function onEnd<Name extends 'quorumlock:acquire' | 'quorumlock:extend' | 'quorumlock:release'>(
  name: Name,
  callback: (trace: ChannelPayloads[Name]) => void,
): () => void {
  return listen(`tracing:${name}:asyncEnd`, (trace) => callback(trace as ChannelPayloads[Name]))
}

function onEvent<Name extends 'quorumlock:lost' | 'quorumlock:detach' | 'quorumlock:node'>(
  name: Name,
  callback: (event: ChannelPayloads[Name]) => void,
): () => void {
  return listen(name, (event) => callback(event as ChannelPayloads[Name]))
}

function listen(channel: string, callback: (message: unknown) => void): () => void {
  subscribe(channel, callback)
  return () => {
    unsubscribe(channel, callback)
  }
}

function check(options: InstrumentOptions): void {
  const { attributes, clients } = options
  if (attributes !== undefined && typeof attributes !== 'function') {
    throw new TypeError(`Expected \`attributes\` to be a function, got ${shown(attributes)}`)
  }
  if (clients !== undefined && !Array.isArray(clients)) {
    throw new TypeError(`Expected \`clients\` to be an array, got ${shown(clients)}`)
  }
}
