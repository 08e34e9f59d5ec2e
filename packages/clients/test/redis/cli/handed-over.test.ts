import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { connect } from '../../../src/connect/connect.js'
import { quorumlock } from '../../support/cli.js'
import { eventually } from '../../support/eventually.js'
import type { Running } from '../../support/running.js'
import { open, type Client } from '../../support/servers.js'

const WAKE_UPS = 'quorumlock:wake:*'

let fleet: Fleet
let redlock: Redlock
let admins: Client[]
let listeners: Client[]
/** Nodes that handed the lock over. Their message contains the place, the remaining time, the deadline and the stamp. */
const handed = new Set<number>()

beforeAll(async () => {
  fleet = await startFleet({ nodes: 3 })
  redlock = await connect(fleet.urls)
  admins = await Promise.all(fleet.urls.map((url) => open(url)))
  listeners = await Promise.all(fleet.urls.map((url) => open(url)))
})

afterAll(async () => {
  for (const client of [...admins, ...listeners]) client.destroy()
  await redlock.close()
  await fleet.dispose()
})

const start = (args: readonly string[]): Running =>
  quorumlock(['exec', ...args], { env: { QUORUMLOCK_NODES: fleet.urls.join(' ') } })

/** Starts a command under the lock and a second command. Resolves when every node can hand the lock to the second. */
async function inLine(resource: string, second: readonly string[]): Promise<[Running, Running]> {
  handed.clear()
  const holder = start([
    resource,
    '--',
    'sh',
    '-c',
    'trap "exit 0" TERM; echo in; while :; do sleep 0.05; done',
  ])
  await holder.prints('in')
  return [holder, await waiterFor(resource, second)]
}

/** Starts a command that waits for the lock. Resolves when every node can hand the lock to it. */
async function waiterFor(resource: string, args: readonly string[]): Promise<Running> {
  const waiter = start(['--verbose', '--wait', 'forever', ...args])
  await eventually(async () => {
    for (const node of (await redlock.inspect(resource)).nodes) expect(node.waiters).toHaveLength(1)
    for (const admin of admins) {
      expect(await admin.pubSubChannels(WAKE_UPS)).toHaveLength(1)
      // The present name of the waiter says that it listens.
      expect(await admin.zRange(`{lock:${resource}}:#queue`, 0, -1)).toContainEqual(
        expect.stringMatching(/^\+.*@\d+/),
      )
    }
  })
  await Promise.all(
    listeners.map((listener, index) =>
      listener.pSubscribe(WAKE_UPS, (message) => {
        if (message.split(' ').length !== 4) return
        handed.add(index)
      }),
    ),
  )
  return waiter
}

async function permit(rule: '-pexpire' | '+pexpire'): Promise<void> {
  await Promise.all(admins.map((admin) => admin.aclSetUser('default', rule)))
}

/** Resolves right after the waiter has renewed its place. */
async function renewed(resource: string): Promise<void> {
  const deadline = async (): Promise<number | undefined> =>
    (await admins[0]!.zRangeWithScores(`{lock:${resource}}:#queue`, 0, 0))[0]?.score
  const before = await deadline()
  await eventually(async () => expect(await deadline()).not.toBe(before))
}

/** Resolves when a majority of the nodes has handed the lock over. */
async function release(holder: Running): Promise<void> {
  holder.process.kill('SIGTERM')
  await eventually(async () => expect(handed.size).toBeGreaterThanOrEqual(redlock.quorum))
}

afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.pUnsubscribe(WAKE_UPS)))
})

interface Entry {
  readonly msg: string
  readonly time: number
}

const logOf = (stderr: string): Entry[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Entry)

describe('a command whose lock the nodes handed over', () => {
  // Longer than a handed-over lock lasts without an extension.
  const script = 'echo "$QUORUMLOCK_EXPIRES_AT"; sleep 3.2; echo done'

  test.each([
    ['the default TTL', [], 30_000],
    ['a TTL of 5 s', ['--ttl', '5s'], 5_000],
    ['a TTL of a minute and the longest grace', ['--ttl', '60s', '--grace', '30s'], 60_000],
  ])(
    'a command whose lock was handed over runs to its end with %s, and knows when the lock expires',
    async (_what, flags, ttl) => {
      const resource = `handed-${ttl}`
      const [holder, waiter] = await inLine(resource, [...flags, resource, '--', 'sh', '-c', script])
      await release(holder)
      const { code, stdout, stderr } = await waiter.ended
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\ndone\n$/) })
      const started = logOf(stderr).find(({ msg }) => msg === 'start')
      expect(Number(stdout.split('\n')[0]) - started!.time).toBeGreaterThan(ttl / 2)
      expect(await holder.ended).toMatchObject({ code: 0 })
    },
  )

  test('exec exits with 79 without starting the command if a handed-over lock cannot be extended', async () => {
    const resource = 'handed-and-lost'
    const lock = await redlock.acquire(resource, { ttl: 600_000 })
    const waiter = await waiterFor(resource, [resource, '--', 'echo', 'ran'])
    // From now on no node extends locks, so the handed-over lock expires. The waiter does not renew its place before that.
    await renewed(resource)
    await permit('-pexpire')
    await lock.release()
    const { code, stdout, stderr } = await waiter.ended
    await permit('+pexpire')
    expect({ code, stdout }).toEqual({ code: 79, stdout: '' })
    expect(stderr).toMatch(
      /^quorumlock: lost the lock on handed-and-lost before the command was started, so nothing was run: .+$/m,
    )
  })
})
