// B11: OpenTelemetry metrics of everything that is locked in this process.
import assert from 'node:assert/strict'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { instrument } from '@quorumlock/core/opentelemetry'
import { close, open } from './open.js'

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
const provider = new MeterProvider({ readers: [reader] })
const redlock = open()
const instrumentation = instrument({ meter: provider.getMeter('shop'), clients: [redlock] })

await redlock.using('order:42', () => undefined)
await reader.forceFlush()
const names = exporter
  .getMetrics()
  .flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)),
  )
for (const name of ['acquire.duration', 'hold.duration', 'acquire.outcomes', 'held', 'node.up']) {
  assert.ok(names.includes(`quorumlock.${name}`), name)
}
instrumentation.disable()
await provider.shutdown()
await close()
