// Real servers for one case, and the locks on them.
import { connect } from '@quorumlock/clients'
import { startFleet } from '@quorumlock/testing'
import { until } from './until.mjs'

/** Starts servers that end with the case. */
export async function startNodes(t, nodes) {
  const fleet = await startFleet({ nodes })
  t.after(() => fleet.dispose())
  return fleet
}

export const keyOf = (resource) => `lock:${resource}`

/** The running nodes that have the key. */
export async function nodesWith(fleet, key) {
  const running = fleet.nodes.filter(({ isRunning }) => isRunning)
  const found = await Promise.all(running.map((node) => node.command('EXISTS', key)))
  return running.filter((_, index) => Number(found[index]) === 1)
}

/** Resolves when no node has the lock, so that another process can acquire it immediately. */
export async function isFree(fleet, resource) {
  await until(`no node to have the lock on ${resource}`, async () => {
    return (await nodesWith(fleet, keyOf(resource))).length === 0
  })
}

/** The time left on a node, milliseconds; negative if the node does not have the lock. */
const leftOn = async (node, resource) => Number(await node.command('PTTL', keyOf(resource)))

/** Resolves when all nodes have the lock. Fails if that takes until its first renewal, at a third of its TTL. */
export async function standsOnAll(fleet, resource, { ttl = 30_000 } = {}) {
  await until(`the lock on ${resource} to be on all nodes`, async () => {
    const left = await Promise.all(fleet.nodes.map((node) => leftOn(node, resource)))
    if (left.every((time) => time > 0)) return true
    if (left.some((time) => time > 0 && time < (ttl * 2) / 3 + 500)) {
      throw new Error(`Expected ${resource} to be locked on all nodes before its first renewal, got ${left}`)
    }
    return false
  })
}

/** Resolves when the lock has been renewed this many times on each of the nodes, which shows as a rising TTL. */
export async function renewed(nodes, resource, times = 1) {
  await Promise.all(
    nodes.map(async (node) => {
      let before = await leftOn(node, resource)
      for (let seen = 0; seen < times; seen++) {
        await until(`the lock on ${resource} to be renewed on ${node.name}`, async () => {
          const now = await leftOn(node, resource)
          const isRenewed = before > 0 && now > before
          before = now
          return isRenewed
        })
      }
    }),
  )
}

/** Resolves when the lock has this many waiters, observed by a separate client. */
export async function waiting(t, fleet, resource, count = 1) {
  const redlock = await connect(fleet.urls)
  t.after(() => redlock.close())
  await until(`${count} to wait for ${resource}`, async () => {
    return (await redlock.inspect(resource)).waiters === count
  })
}
