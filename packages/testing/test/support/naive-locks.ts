// A small Redlock, correct by default, or with the flaw named by QUORUMLOCK_FLAW, which the checks must detect.
import { machineNow, type AdapterOptions, type LockAdapter } from '@quorumlock/testing'
import { Wire } from './wire.js'

export const flaws = [
  'no quorum',
  'no owner check',
  'no validity',
  'no rollback',
  'no release',
  'tokens out of order',
] as const
export type Flaw = (typeof flaws)[number]

const compareAndDelete =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

export async function openLocks({ urls, client, ttl }: AdapterOptions): Promise<LockAdapter> {
  const flaw = process.env['QUORUMLOCK_FLAW'] as Flaw | undefined
  const wires = await Promise.all(urls.map((url) => Wire.open(Number(new URL(url).port))))
  const quorum = flaw === 'no quorum' ? 1 : Math.floor(wires.length / 2) + 1
  let attempts = 0
  let token = BigInt(Math.round(Math.random() * 1e15))

  const everywhere = (...command: readonly string[]): Promise<readonly string[]> =>
    Promise.all(wires.map((wire) => wire.send(...command).catch(String)))
  const free = async (key: string, value: string): Promise<void> => {
    if (flaw === 'no owner check') await everywhere('DEL', key)
    else await everywhere('EVAL', compareAndDelete, '1', key, value)
  }
  return {
    acquire: async (resource) => {
      const key = `lock:${resource}`
      const value = `${client}/${++attempts}`
      const start = machineNow()
      const expiry = flaw === 'no release' ? [] : ['PX', String(ttl)]
      const replies = await everywhere('SET', key, value, 'NX', ...expiry)
      if (replies.filter((reply) => reply.startsWith('+OK')).length < quorum) {
        if (flaw !== 'no rollback') await free(key, value)
        return null
      }
      const validUntil = flaw === 'no validity' ? start + 1e9 : start + ttl * 0.99 - 2
      // In order among all processes, which share this clock, or not.
      token = flaw === 'tokens out of order' ? token - 1n : BigInt(Math.round(machineNow() * 1e6))
      return {
        validUntil,
        token,
        release: async () => {
          if (flaw !== 'no release') await free(key, value)
        },
      }
    },
    close: async () => {
      for (const wire of wires) wire.close()
    },
  }
}
