// Finds a way to run five Redis nodes, and installs a server where that is allowed.
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { onInterrupt, run } from './run.mjs'

const advice = `No Redis server found. Do one of these:
  · install one:      apt-get install redis-server   ·   brew install redis
  · point to one:     REDIS_SERVER_BIN=/path/to/redis-server npm test
  · start Docker:     the tests then use containers (image: QUORUMLOCK_REDIS_IMAGE, by default redis:8)`

/**
 * @returns {Promise<{ summary: string, env: Record<string, string> }>} what was found, to be printed and for child processes
 */
export async function findRedis() {
  const named = process.env.REDIS_SERVER_BIN
  if (named) {
    if (!isExecutable(named)) throw new Error(`REDIS_SERVER_BIN is ${named}, which is not executable.`)
    return found(named)
  }
  const onPath = lookUp('redis-server') ?? lookUp('valkey-server')
  if (onPath) return found(onPath)
  if (await dockerCanRun()) return { summary: 'redis: containers', env: {} }
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    await installFromDebian()
    const installed = lookUp('redis-server')
    if (installed) return found(installed)
  }
  throw new Error(advice)
}

async function found(binary) {
  const { output } = await run(binary, ['--version'], { quiet: true })
  const version = /v=([\d.]+)/.exec(output)?.[1] ?? 'of unknown version'
  return { summary: `redis: ${version} at ${binary}`, env: { REDIS_SERVER_BIN: binary } }
}

export function lookUp(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function dockerCanRun() {
  const succeeds = async (...args) => (await run('docker', args, { quiet: true })).code === 0
  const image = process.env.QUORUMLOCK_REDIS_IMAGE || 'redis:8'
  if (!(await succeeds('info'))) return false
  const compose = (await succeeds('compose', 'version')) || lookUp('docker-compose') !== undefined
  return (
    compose && ((await succeeds('image', 'inspect', image)) || (await succeeds('pull', '--quiet', image)))
  )
}

/** Installs only the program: the service in the package must start neither now nor at the next boot. */
async function installFromDebian() {
  console.log('  installing redis-server from Debian …')
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  const remove = () => ours && rmSync(policy, { force: true })
  const settled = onInterrupt(remove)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    for (const args of [
      ['-qq', 'update'],
      ['-qq', '-y', 'install', '--no-install-recommends', 'redis-server'],
    ]) {
      const { code, output } = await run('apt-get', args, { env, quiet: true })
      if (code !== 0) console.error(output)
    }
    await run('systemctl', ['disable', 'redis-server'], { quiet: true })
  } finally {
    remove()
    settled()
  }
}
