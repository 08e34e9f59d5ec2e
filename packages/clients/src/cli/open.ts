import type { Logger, Redlock } from '@quorumlock/core'
import { connect } from '../connect/connect.js'
import { openNodes, type Opening } from '../connect/opening.js'
import type { ConnectOptions } from '../connect/options.js'
import type { Connection } from './nodes.js'

/** What a client waits for one answer if it is not told, as `nodeTimeout` has it: a part of the TTL within limits, milliseconds. */
const PART = 0.05
const SHORTEST = 50
const LONGEST = 1_000
const DEFAULT_TTL = 30_000

/** A client of our own for one command; rejects without a majority. */
export function open(connection: Connection, logger: Logger | undefined): Promise<Redlock> {
  return connect(connection.nodes, optionsFrom(connection, logger))
}

/** The same, for a look at whatever is there. */
export function openAnyway(connection: Connection, logger: Logger | undefined): Opening {
  return openNodes(connection.nodes, optionsFrom(connection, logger))
}

function optionsFrom(connection: Connection, logger: Logger | undefined): ConnectOptions {
  const { username, password, tls, keyPrefix, quorum, durable, timeout, ttl = DEFAULT_TTL } = connection
  const usual = Math.min(LONGEST, Math.max(SHORTEST, Math.round(ttl * PART)))
  return {
    username,
    password,
    tls,
    keyPrefix,
    quorum,
    durable,
    logger,
    clientName: 'quorumlock-cli',
    connectTimeout: timeout,
    ...(timeout !== undefined && timeout < usual && { nodeTimeout: timeout }),
  }
}
