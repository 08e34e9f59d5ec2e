import { answersByProxy, admits } from './refusing.js'
import type { Fault } from './fault.js'
import type { FaultTarget } from './target.js'
import { until } from '../fleet/until.js'

export type Refusal =
  | 'oom'
  | 'readonly'
  | 'masterdown'
  | 'noreplicas'
  | 'misconf'
  | 'loading'
  | 'busy'
  | 'noauth'
  | 'noperm'
  | 'maxclients'
  | 'write pause'
  | 'sleep'
  | 'unknown command'
  | 'unknown error'
  | 'moved'
  | 'clusterdown'
  | 'tryagain'

/** Faults in which the server responds with an error. */
export const refusals: Readonly<Record<Refusal, Fault>> = {
  oom: {
    group: 'refusal',
    about: '-OOM: no memory is left, and nothing may be evicted',
    inject: (node) =>
      configured(node, [
        ['maxmemory-policy', 'noeviction'],
        ['maxmemory', '1'],
      ]),
  },
  readonly: {
    group: 'refusal',
    about: '-READONLY: it has become a replica',
    inject: async (node) => {
      await node.command('REPLICAOF', '127.0.0.1', '1')
      return async () => {
        await node.command('REPLICAOF', 'NO', 'ONE')
      }
    },
  },
  masterdown: {
    group: 'refusal',
    about: '-MASTERDOWN: a replica without its primary that serves nothing stale',
    inject: async (node) => {
      await node.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
      await node.command('REPLICAOF', '127.0.0.1', '1')
      return async () => {
        await node.command('REPLICAOF', 'NO', 'ONE')
        await node.command('CONFIG', 'SET', 'replica-serve-stale-data', 'yes')
      }
    },
  },
  noreplicas: {
    group: 'refusal',
    about: '-NOREPLICAS: it requires replicas for writes',
    inject: (node) => configured(node, [['min-replicas-to-write', '1']]),
  },
  misconf: {
    group: 'refusal',
    about: '-MISCONF: it cannot save, and rejects writes',
    obstacle: (node) => admits(node, 'protected configs'),
    inject: async (node) => {
      const folder = await setting(node, 'dir')
      await node.command('CONFIG', 'SET', 'save', '900 1')
      // No file can be saved in this directory.
      await node.command('CONFIG', 'SET', 'dir', '/proc')
      await node.command('BGSAVE')
      await until(async () => {
        const info = await node.command('INFO', 'persistence')
        if (!info.includes('rdb_last_bgsave_status:err')) throw new Error(`${node.name} still saves`)
      })
      return async () => {
        await node.command('CONFIG', 'SET', 'dir', folder)
        await node.command('CONFIG', 'SET', 'save', '')
      }
    },
  },
  loading: {
    group: 'refusal',
    about: '-LOADING: it was restarted and is loading its data',
    losesData: true,
    obstacle: (node) => admits(node, 'arguments'),
    inject: async (node) => {
      // Enough to load for ten seconds; it includes the user's keys. Redis 6.2 handles events every two megabytes only.
      const interval = 'loading-process-events-interval-bytes'
      const often = (await setting(node, interval)) === '' ? [] : [`--${interval}`, '1024']
      await node.command('CONFIG', 'SET', 'rdbcompression', 'no')
      await node.command('DEBUG', 'POPULATE', '20000', filler, '1024')
      await node.command('SAVE')
      const slowly = ['--key-load-delay', '500', ...often]
      await node.restartWith({ args: ['--appendonly', 'no', ...slowly], until: 'answers' })
      return async () => {
        // Redis 6.2 rejects this while it is loading, so it is restarted to load at full speed.
        await node
          .command('CONFIG', 'SET', 'key-load-delay', '0')
          .catch(async () => node.restartWith({ args: ['--appendonly', 'no'] }))
        await node.ready()
        await removeFiller(node)
      }
    },
  },
  busy: {
    group: 'refusal',
    about: '-BUSY: a script that does not end',
    inject: async (node) => {
      await node.command('CONFIG', 'SET', 'lua-time-limit', '1')
      const connection = await node.openAdmin()
      connection.send('EVAL', 'while true do end', '0')
      await until(async () => {
        const reply = await node.command('PING').then(String, String)
        if (!reply.includes('BUSY')) throw new Error(`${node.name} is not busy: ${reply}`)
      })
      return async () => {
        await node.command('SCRIPT', 'KILL')
        await node.ready()
        connection.close()
        await node.command('CONFIG', 'SET', 'lua-time-limit', '5000')
      }
    },
  },
  noauth: {
    group: 'refusal',
    about: '-NOAUTH: a password is suddenly required',
    inject: async (node) => {
      await node.command('ACL', 'SETUSER', 'default', 'resetpass', '>somethingelse')
      // Open connections would keep their permissions.
      node.network.reset()
      return async () => {
        await node.command('ACL', 'SETUSER', 'default', 'nopass')
      }
    },
  },
  noperm: {
    group: 'refusal',
    about: '-NOPERM: the user may neither write nor run scripts',
    inject: async (node) => {
      await node.command('ACL', 'SETUSER', 'default', '-@write', '-@scripting')
      return async () => {
        await node.command('ACL', 'SETUSER', 'default', '+@all')
      }
    },
  },
  maxclients: {
    group: 'refusal',
    about: 'connections are closed, and new ones rejected',
    inject: async (node) => {
      const connection = await node.openAdmin()
      await connection.ask('CONFIG', 'SET', 'maxclients', '1')
      node.network.reset()
      await connection.ask('CLIENT', 'KILL', 'SKIPME', 'yes')
      return async () => {
        await connection.ask('CONFIG', 'SET', 'maxclients', '10000')
        connection.close()
      }
    },
  },
  'write pause': {
    group: 'refusal',
    about: 'reads are answered, but writes and scripts wait',
    inject: async (node) => {
      await node.command('CLIENT', 'PAUSE', '3600000', 'WRITE')
      return async () => {
        await node.command('CLIENT', 'UNPAUSE')
      }
    },
  },
  sleep: {
    group: 'refusal',
    about: 'the server does nothing for a while, as under a slow command',
    obstacle: (node) => admits(node, 'debug'),
    inject: async (node, { ms = 300 }) => {
      const connection = await node.openAdmin()
      connection.send('DEBUG', 'SLEEP', String(ms / 1_000))
      await until(async () => {
        const answered = await node.commandWithin(5, 'PING').then(
          () => true,
          () => false,
        )
        if (answered) throw new Error(`${node.name} does not sleep`)
      })
      return async () => {
        await node.ready()
        connection.close()
      }
    },
  },
  'unknown command': answersByProxy(
    "-ERR unknown command 'EVALSHA', with args beginning with: \r\n",
    'a server that lacks the command',
  ),
  'unknown error': answersByProxy('-FUTURE something new\r\n', 'an unknown error'),
  moved: answersByProxy('-MOVED 1234 127.0.0.1:1\r\n', '-MOVED: it is a node of a cluster'),
  clusterdown: answersByProxy('-CLUSTERDOWN The cluster is down\r\n', '-CLUSTERDOWN: an incomplete cluster'),
  tryagain: answersByProxy(
    '-TRYAGAIN Multiple keys request during rehashing of slot\r\n',
    '-TRYAGAIN: slots are being moved',
  ),
}

const filler = 'quorumlock-filler'

async function removeFiller(node: FaultTarget): Promise<void> {
  const script = `
    local cursor = '0'
    repeat
      local found = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 5000)
      cursor = found[1]
      for _, key in ipairs(found[2]) do redis.call('UNLINK', key) end
    until cursor == '0'`
  await node.command('EVAL', script, '0', `${filler}:*`)
}

async function setting(node: FaultTarget, name: string): Promise<string> {
  const [, value = ''] = (await node.command('CONFIG', 'GET', name)).split('\n')
  return value
}

/** Sets options of the server. The result restores them. */
async function configured(
  node: FaultTarget,
  settings: readonly (readonly [string, string])[],
): Promise<() => Promise<void>> {
  const before: [string, string][] = []
  for (const [name, value] of settings) {
    const was = await setting(node, name)
    before.unshift([name, was])
    await node.command('CONFIG', 'SET', name, value)
  }
  return async () => {
    for (const [name, value] of before) await node.command('CONFIG', 'SET', name, value)
  }
}
