import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Redis server to run: `REDIS_SERVER_BIN`, else redis-server or valkey-server from the path, else null. */
export function findServerBinary(): string | null {
  const named = process.env['REDIS_SERVER_BIN']
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`REDIS_SERVER_BIN names ${named}, which cannot be executed`)
    return named
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const name of ['redis-server', 'valkey-server']) {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable)
    if (found !== undefined) return found
  }
  return null
}

/** Redis 7 and Valkey reject DEBUG by default; Redis 6 does not know the option and would not start with it. */
export function knowsDebugOption(binary: string): boolean {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' })
  return Number(/v=(\d+)/.exec(version)?.[1] ?? 0) >= 7
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
