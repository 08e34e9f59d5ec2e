import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the locks protect: a counter each, which remembers the highest token that wrote to it. */
export interface Register {
  read(resource: string): number
  /** Returns the new value; a write with an old token is turned away and counted. */
  write(resource: string, value: number, token: bigint): number
}

interface Row {
  readonly value: number
  readonly token: string
  readonly refused: number
}

const empty: Row = { value: 0, token: '0', refused: 0 }

function written(row: Row, value: number, token: bigint): Row {
  if (token < BigInt(row.token)) return { ...row, refused: row.refused + 1 }
  return { ...row, value, token: String(token) }
}

export function memoryRegister(): Register {
  const rows = new Map<string, Row>()
  return {
    read: (resource) => (rows.get(resource) ?? empty).value,
    write(resource, value, token) {
      const row = written(rows.get(resource) ?? empty, value, token)
      rows.set(resource, row)
      return row.value
    },
  }
}

/** A file for each counter, so that separate processes share them. Only the lock makes this safe. */
export function fileRegister(folder: string): Register {
  const fileOf = (resource: string): string => join(folder, `${encodeURIComponent(resource)}.json`)
  const load = (resource: string): Row => {
    try {
      return JSON.parse(readFileSync(fileOf(resource), 'utf8')) as Row
    } catch {
      return empty
    }
  }
  return {
    read: (resource) => load(resource).value,
    write(resource, value, token) {
      const row = written(load(resource), value, token)
      writeFileSync(fileOf(resource), JSON.stringify(row))
      return row.value
    },
  }
}
