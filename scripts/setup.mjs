// Prepares a fresh machine, which has nothing but Node and npm, for the tests.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages } from './packages.mjs'
import { findRedis } from './redis-server.mjs'

/** @returns {Promise<Record<string, string>>} the environment of the commands that follow */
export async function setUp({ redis }) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Expected Node 20.19 or newer, got ${process.versions.node}.`)
  }
  console.log(`✓ node: ${process.versions.node}`)
  console.log(`✓ ${await installPackages()}`)
  if (redis === 'none') return {}
  try {
    const { summary, env } = await findRedis()
    console.log(`✓ ${summary}`)
    return env
  } catch (error) {
    if (redis === 'required') throw error
    console.log('· redis: not found')
    return {}
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await setUp({ redis: 'required' })
  } catch (error) {
    console.error(`✗ ${error.message}`)
    process.exitCode = 1
  }
}
