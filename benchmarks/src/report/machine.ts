import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'
import type { Fleet } from '@quorumlock/testing'
import type { Machine } from './result.js'

const packages = [
  '@quorumlock/core',
  '@quorumlock/clients',
  'redis',
  'ioredis',
  'redlock',
  'redis-semaphore',
  'redlock-universal',
]

export async function machine(fleet: Fleet): Promise<Machine> {
  const processors = cpus()
  const info = await fleet.nodes[0]!.command('INFO', 'server')
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${type()} ${release()}`,
    node: process.version,
    redis: /(?:valkey|redis)_version:(\S+)/.exec(info)?.[1] ?? 'unknown',
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  }
}

/** Not every package exports its package.json. */
function versionOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string
        version?: string
      }
      if (manifest.name === name) return manifest.version ?? 'unknown'
    } catch {
      // The package's folder is further up.
    }
    if (folder === dirname(folder)) return 'unknown'
    folder = dirname(folder)
  }
}
