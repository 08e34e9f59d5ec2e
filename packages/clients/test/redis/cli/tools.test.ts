import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../../src/connect/connect.js'
import { quorumlock } from '../../support/cli.js'
import type { Ended } from '../../support/running.js'

let fleet: Fleet
let redlock: Redlock

beforeAll(async () => {
  fleet = await startFleet({ nodes: 3 })
  redlock = await connect(fleet.urls, { ttl: 20_000 })
})

afterAll(async () => {
  await redlock.close()
  await fleet.dispose()
})

afterEach(() => fleet.heal())

const run = (...args: readonly string[]): Promise<Ended> =>
  quorumlock(args, { env: { QUORUMLOCK_NODES: fleet.urls.join(' ') } }).ended

describe('status', () => {
  test('tells who holds a resource, for how long, and who waits', async () => {
    await using lock = await redlock.acquire('s-1', { label: 'anna', fencing: true })
    const waiting = redlock.acquire('s-1', { wait: 20_000 })
    while ((await redlock.inspect('s-1')).waiters === 0) await new Promise((next) => setTimeout(next, 20))
    const { code, stdout, stderr } = await run('status', 's-1')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^s-1: locked, 1\d\.\d s left, 1 waits \(2 of 3 nodes decide\)\n {2}node +state +holder/,
    )
    expect(stdout).toMatch(new RegExp(`up +anna +1\\d\\.\\d s +1 +${lock.token}`))
    await lock.release()
    await (await waiting).release()
  })

  test('--json is one document per resource, and never the value of a lock', async () => {
    await using lock = await redlock.acquire('s-2')
    const { code, stdout } = await run('status', '--json', 's-2', 's-3')
    const [held, free] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(code).toBe(0)
    expect(held).toMatchObject({ resource: 's-2', locked: true, waiters: 0, quorum: 2 })
    expect(free).toMatchObject({ resource: 's-3', locked: false, remaining: 0 })
    expect(stdout).not.toContain(lock.value)
  })

  test('--watch looks again and again until it is interrupted', async () => {
    const running = quorumlock(['status', '--watch', '--interval', '100ms', '--json', 's-4'], {
      env: { QUORUMLOCK_NODES: fleet.urls.join(' ') },
    })
    await running.says('}\n{')
    running.process.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('is not asked for more often than every 100 ms', async () => {
    const { code, stderr } = await run('status', '--watch', '--interval', '0', 's-6')
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: 'quorumlock: Expected --interval to be at least 100ms, got "0" (quorumlock --help)\n',
    })
  })

  test('ends quietly when nobody reads it any more', async () => {
    const running = quorumlock(['status', '--watch', '--interval', '100ms', 's-7'], {
      env: { QUORUMLOCK_NODES: fleet.urls.join(' ') },
    })
    await running.says('s-7: free')
    running.process.stdout!.destroy()
    expect(await running.ended).toMatchObject({ code: 141, stderr: '' })
  })

  test('shows a node that is down, and ends with 69 when too few answer', async () => {
    await fleet.nodes[0]!.pause()
    expect((await run('status', 's-5')).stdout).toMatch(/not connected|not answered|no answer/)
    await fleet.nodes[1]!.pause()
    const { code, stdout, stderr } = await run('status', 's-5')
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
    expect(stderr).toMatch(/^quorumlock: Cannot connect.*\n$/)
  })
})

describe('release', () => {
  test('wants --force, and somebody to ask or --yes', async () => {
    await using lock = await redlock.acquire('r-1')
    const [plain, unasked] = await Promise.all([run('release', 'r-1'), run('release', '--force', 'r-1')])
    expect(plain).toMatchObject({ code: 64, stdout: '' })
    expect(unasked).toMatchObject({ code: 64, stdout: '' })
    expect(unasked.stderr).toContain('say --yes')
    expect(lock.held).toBe(true)
  })

  test('--force --yes frees what another process holds', async () => {
    await redlock.acquire('r-2', { autoExtend: false })
    expect(await run('release', '--force', '--yes', 'r-2')).toMatchObject({
      code: 0,
      stderr: 'quorumlock: r-2 is free now\n',
    })
    expect(await redlock.isLocked('r-2')).toBe(false)
    expect((await run('release', '--force', '--yes', 'r-2')).stderr).toBe('quorumlock: nobody held r-2\n')
  })
})

describe('doctor', () => {
  test('finds nothing wrong with a fleet in good health', async () => {
    const { code, stdout } = await run('doctor')
    expect(stdout).toContain('127.0.0.1')
    expect(code).toBe(0)
    const asJson = await run('doctor', '--json')
    expect(JSON.parse(asJson.stdout)).toMatchObject({ healthy: true })
  })

  test('tells of a node that is frozen with exit code 1, and of too many with 69', async () => {
    await fleet.nodes[2]!.pause()
    const one = await run('doctor', '--timeout', '3s')
    expect(one.stdout).toContain(new URL(fleet.nodes[2]!.url).host)
    expect(one.code).toBe(1)
    await fleet.nodes[1]!.pause()
    expect((await run('doctor', '--timeout', '3s')).code).toBe(69)
  })
})

describe('nodes come from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const withFile = async (content: unknown): Promise<Ended> => {
    const path = join(folder, 'locks.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return quorumlock(['exec', '--config', path, 'c-1', '--', 'true']).ended
  }

  test('a file', async () => {
    expect(await withFile({ nodes: fleet.urls, ttl: '5s', keyPrefix: 'mine:' })).toMatchObject({
      code: 0,
      stderr: '',
    })
  })

  test.each([
    ['{ nodes', 'it is not JSON'],
    [[], 'expected a JSON object'],
    [{ nodes: 'redis://a' }, 'expected "nodes" to be an array of URLs'],
    [{ node: [] }, 'expected only nodes, keyPrefix, quorum, ttl, durable, got "node"'],
    [{ nodes: ['redis://a'], ttl: 'soon' }, 'Expected "ttl" to be a time'],
  ])('no file such as %j', async (content, message) => {
    const { code, stderr } = await withFile(content)
    expect(code).toBe(64)
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('flags rather than from the environment', async () => {
    const nodes = fleet.urls.flatMap((url) => ['--node', url])
    const env = { QUORUMLOCK_NODES: 'redis://127.0.0.1:1' }
    expect(await quorumlock(['exec', ...nodes, 'c-2', '--', 'true'], { env }).ended).toMatchObject({
      code: 0,
    })
  })
})
