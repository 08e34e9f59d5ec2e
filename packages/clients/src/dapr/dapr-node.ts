import type { AcquireCommand, LockNode, NodeCommand, NodeReply, ReleaseCommand } from '@quorumlock/core'
import { chosenName } from '../redis/name.js'
import { DaprApi } from './dapr-api.js'
import type { DaprNodeOptions } from './options.js'
import { Turns } from './turns.js'

/**
 * A lock node over the Dapr lock API (alpha), which can only try to lock and unlock one resource. Its TTLs are whole
 * seconds, so a lock may last up to a second longer than requested.
 */
export function daprNode(options: DaprNodeOptions): LockNode {
  const { store, owner } = options
  if (typeof store !== 'string' || store === '') {
    throw new TypeError('Expected `store` to be the name of a Dapr lock component')
  }
  const api = new DaprApi(options)
  // Requests run concurrently, but requests for one resource must not overtake each other.
  const turns = new Turns()
  const ownerOf = (value: string): string => (owner === undefined ? value : `${owner}:${value}`)
  const lock = ({ keys: [resource = ''], value, ttl }: AcquireCommand): Promise<NodeReply> =>
    turns.take(resource, () => api.lock(resource, ownerOf(value), Math.ceil(ttl / 1_000)))
  const unlock = ({ keys: [resource = ''], value }: ReleaseCommand): Promise<NodeReply> =>
    turns.take(resource, () => api.unlock(resource, ownerOf(value)))

  return {
    name: chosenName(options.name, `${api.host}/${store}`),
    lacks: ['extend', 'multiKey', 'queue', 'fencing', 'marker', 'inspect', 'list'],
    // There is no permanent connection, so only a request shows whether the sidecar is up.
    connected: true,
    send(command, answer) {
      void reply(command, { lock, unlock, greet: () => api.greet() }).then(answer)
    },
    close: () => {
      api.close()
    },
  }
}

interface Abilities {
  lock(command: AcquireCommand): Promise<NodeReply>
  unlock(command: ReleaseCommand): Promise<NodeReply>
  greet(): Promise<NodeReply>
}

async function reply(command: NodeCommand, able: Abilities): Promise<NodeReply> {
  if ('keys' in command && command.keys.length !== 1) return lacking('lock several resources at once')
  switch (command.kind) {
    case 'acquire':
      return command.fence === undefined ? able.lock(command) : lacking('issue fencing tokens')
    case 'release':
      return able.unlock(command)
    case 'greet':
      return able.greet()
    case 'extend':
    case 'repair':
      return lacking('extend a lock')
    case 'force':
      return lacking('release a lock of another owner')
    case 'inspect':
      return lacking('inspect a lock')
    case 'mark':
      return lacking('store a marker')
    case 'list':
    case 'restore':
    case 'tidy':
      return lacking('list locks')
  }
}

function lacking(what: string): NodeReply {
  return { vote: 'failed', misuse: true, reason: `the Dapr lock API cannot ${what}` }
}
