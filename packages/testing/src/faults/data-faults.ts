import { until } from '../fleet/until.js'
import { nothingToUndo, type Fault, type FaultOptions } from './fault.js'
import type { FaultTarget } from './target.js'

export type DataFault =
  | 'flush'
  | 'swapped databases'
  | 'evict'
  | 'deleted key'
  | 'foreign value'
  | 'wrong type'
  | 'stripped TTL'
  | 'early expiry'
  | 'script flush'

/** Faults of the data, unnoticed by clients. */
export const dataFaults: Readonly<Record<DataFault, Fault>> = {
  flush: {
    group: 'data',
    about: 'FLUSHALL',
    losesData: true,
    inject: (node) => did(node, 'FLUSHALL'),
  },
  'swapped databases': {
    group: 'data',
    about: 'SWAPDB: the keys move to another database',
    losesData: true,
    inject: async (node) => {
      await node.command('SWAPDB', '0', '1')
      return async () => {
        await node.command('SWAPDB', '0', '1')
      }
    },
  },
  evict: {
    group: 'data',
    about: 'every key is evicted, as when memory is short under allkeys-random',
    losesData: true,
    inject: async (node) => {
      await node.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
      await node.command('CONFIG', 'SET', 'maxmemory', '1')
      await until(async () => {
        // A write triggers the eviction.
        await node.command('SET', 'quorumlock-filler', '').catch(() => undefined)
        if ((await node.command('DBSIZE')) !== '0') throw new Error(`${node.name} still has keys`)
      })
      await node.command('CONFIG', 'SET', 'maxmemory', '0')
      await node.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      return nothingToUndo
    },
  },
  'deleted key': {
    group: 'data',
    about: 'an operator deletes the key',
    losesData: true,
    inject: (node, options) => did(node, 'DEL', keyOf(options)),
  },
  'foreign value': {
    group: 'data',
    about: 'another program overwrites the key, for ms milliseconds',
    losesData: true,
    inject: async (node, options) => {
      const key = keyOf(options)
      await node.command('SET', key, 'not a value of yours', 'PX', String(options.ms ?? 60_000))
      return async () => {
        await node.command('DEL', key)
      }
    },
  },
  'wrong type': {
    group: 'data',
    about: '-WRONGTYPE: the key is a list',
    losesData: true,
    inject: async (node, options) => {
      const key = keyOf(options)
      await node.command('DEL', key)
      await node.command('LPUSH', key, 'not a string')
      return async () => {
        await node.command('DEL', key)
      }
    },
  },
  'stripped TTL': {
    group: 'data',
    about: 'PERSIST: the key no longer expires',
    inject: async (node, options) => {
      const key = keyOf(options)
      const left = await node.command('PTTL', key)
      await node.command('PERSIST', key)
      return async () => {
        if (Number(left) > 0) await node.command('PEXPIRE', key, left)
      }
    },
  },
  'early expiry': {
    group: 'data',
    about: 'the key expires immediately',
    losesData: true,
    inject: (node, options) => did(node, 'PEXPIRE', keyOf(options), '0'),
  },
  'script flush': {
    group: 'data',
    about: 'the server forgets every script',
    inject: (node) => did(node, 'SCRIPT', 'FLUSH'),
  },
}

function keyOf({ key }: FaultOptions): string {
  if (key === undefined) throw new TypeError('Expected `key` to name the key for this fault')
  return key
}

async function did(node: FaultTarget, ...words: readonly string[]): Promise<() => Promise<void>> {
  await node.command(...words)
  return nothingToUndo
}
