import { subscribe } from 'node:diagnostics_channel'
import {
  CHANNELS,
  type AcquireTrace,
  type ExtendTrace,
  type Logger,
  type NodeEvent,
  type ReleaseTrace,
} from '@quorumlock/core'
import pino from 'pino'

/** For `--verbose`: logs the operations of this process on locks and the events of its nodes to stderr. */
export function narrator(isVerbose: boolean): Logger | undefined {
  if (!isVerbose) return undefined
  // Synchronous, because lines still in memory when the process is killed would be lost.
  const logger = pino({ level: 'debug' }, pino.destination({ dest: 2, sync: true }))
  subscribe(outcomeOf(CHANNELS.acquire), (trace) => {
    const { resources, label, outcome, duration, votes } = trace as AcquireTrace
    logger.info({ resources, label, outcome, duration, votes }, 'acquire')
  })
  subscribe(outcomeOf(CHANNELS.extend), (trace) => {
    const { resources, ttl, by, outcome, duration, votes } = trace as ExtendTrace
    logger.info({ resources, ttl, by, outcome, duration, votes }, 'extend')
  })
  subscribe(outcomeOf(CHANNELS.release), (trace) => {
    const { resources, heldFor, outcome, duration } = trace as ReleaseTrace
    logger.info({ resources, heldFor, outcome, duration }, 'release')
  })
  subscribe(CHANNELS.node, (event) => {
    const { node, change } = event as NodeEvent
    logger.info({ node, change }, 'node')
  })
  return logger
}

/** The channel of the outcome of an operation. */
function outcomeOf(channel: string): string {
  return `tracing:${channel}:asyncEnd`
}
