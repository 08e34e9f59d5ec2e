// Brings a fresh machine (Node and npm are there, nothing else) to where the tests can run.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages } from './packages.mjs'
import { findRedis } from './redis-server.mjs'

/** @returns {Promise<Record<string, string>>} the environment for what runs next */
export async function setUp({ redis }) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Expected Node 20.19 or newer, got ${process.versions.node}.`)
  }
  console.log(`✓ node: ${process.versions.node}`)
  console.log(`✓ ${await installPackages()}`)
  if (redis === 'none') return {}
  try {
    const { said, env } = await findRedis()
    console.log(`✓ ${said}`)
    return env
  } catch (error) {
    if (redis === 'required') throw error
    console.log('· redis: none here')
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
