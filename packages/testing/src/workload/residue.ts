import type { Fleet } from '../faulty-fleet/fleet.js'
import { until } from '../fleet/until.js'
import { verdict, type Verdict } from '../history/verdict.js'

export interface ResidueOptions {
  /** Lock keys. */
  readonly keys: readonly string[]
  readonly ttl: number
}

/** When all clients are gone, no lock key may outlive its TTL, and every key must have one. */
export async function checkResidue(fleet: Fleet, { keys, ttl }: ResidueOptions): Promise<Verdict> {
  let left: string[] = []
  const look = async (): Promise<void> => {
    left = []
    for (const node of fleet.nodes) {
      for (const key of keys) {
        const remaining = Number(await node.command('PTTL', key))
        if (remaining !== -2) left.push(`${node.name} still has ${key}, for ${remaining} ms`)
      }
    }
    if (left.length > 0) throw new Error(left.join('; '))
  }
  // Slightly more than the TTL, because of the resolution with which servers expire keys.
  await until(look, ttl * 1.05 + 100).catch(() => undefined)
  return verdict('residue', fleet.nodes.length * keys.length, left)
}
