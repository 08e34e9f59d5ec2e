import type { Redlock } from '@quorumlock/core'
import pino from 'pino'
import { connect } from '../connect/connect.js'
import type { Connection } from './nodes.js'

/** A client of our own for one command. */
export function open(connection: Connection, isVerbose: boolean): Promise<Redlock> {
  const { nodes, keyPrefix, quorum, durable } = connection
  // At once: what is still in memory when the process is killed helps nobody.
  const logger = isVerbose ? pino({ level: 'debug' }, pino.destination({ dest: 2, sync: true })) : undefined
  return connect(nodes, { keyPrefix, quorum, durable, logger, clientName: 'quorumlock-cli' })
}
