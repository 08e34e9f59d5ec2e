import type { Logger, Redlock } from '@quorumlock/core'
import { connect } from '../connect/connect.js'
import { openNodes, type Opening } from '../connect/opening.js'
import type { ConnectOptions } from '../connect/options.js'
import type { Connection } from './connection.js'

/** The default of `nodeTimeout`: a share of the TTL within limits, milliseconds. */
const PART = 0.05
const SHORTEST = 50
const LONGEST = 1_000
const DEFAULT_TTL = 30_000

/** Opens a client for one command. Rejects without a majority. */
export function open(connection: Connection, logger: Logger | undefined): Promise<Redlock> {
  return connect(connection.nodes, optionsFrom(connection, logger))
}

/** Like `open`, but does not need a majority. For a look: nodes are restored by clients that stay until it is done. */
export function openAnyway(
  connection: Connection,
  logger: Logger | undefined,
  found: 'majority' | 'never' = 'never',
): Opening {
  return openNodes(connection.nodes, { ...optionsFrom(connection, logger), restore: false, found })
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
