import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Counters {
  read(resource: string): number
  /** False if the counter has seen a higher token: the writer's lock is over. */
  write(resource: string, value: number, token: bigint): boolean
}

/** What the locks protect: a file for each counter, shared by all workers. Only the lock makes this safe. */
export function countersIn(folder: string): Counters {
  const fileOf = (resource: string): string => join(folder, encodeURIComponent(resource))
  const load = (resource: string): { readonly value: number; readonly token: string } => {
    try {
      return JSON.parse(readFileSync(fileOf(resource), 'utf8'))
    } catch {
      return { value: 0, token: '0' }
    }
  }
  return {
    read: (resource) => load(resource).value,
    write(resource, value, token) {
      if (token < BigInt(load(resource).token)) return false
      writeFileSync(fileOf(resource), JSON.stringify({ value, token: String(token) }))
      return true
    },
  }
}
