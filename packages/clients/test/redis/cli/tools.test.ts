import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../../src/connect/connect.js'
import { quorumlock } from '../../support/cli.js'
import type { Ended } from '../../support/running.js'
import { open } from '../../support/servers.js'

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
  test('status shows the holder of a resource, the time left and the waiters', async () => {
    await using lock = await redlock.acquire('s-1', { label: 'anna', fencing: true })
    const waiting = redlock.acquire('s-1', { wait: 20_000 })
    while ((await redlock.inspect('s-1')).waiters === 0) await new Promise((next) => setTimeout(next, 20))
    const { code, stdout, stderr } = await run('status', 's-1')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^s-1: locked, 1\d\.\d s left, 1 waiter \(2 of 3 nodes decide\)\n {2}node +state +holder/,
    )
    expect(stdout).toMatch(new RegExp(`up +anna +1\\d\\.\\d s +1 +${lock.token}`))
    await lock.release()
    await (await waiting).release()
  })

  test('status --json prints one document per resource, without the value of a lock', async () => {
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

  test('status --watch repeats until it is interrupted', async () => {
    const running = quorumlock(['status', '--watch', '--interval', '100ms', '--json', 's-4'], {
      env: { QUORUMLOCK_NODES: fleet.urls.join(' ') },
    })
    await running.prints('}\n{')
    running.process.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('status --watch rejects an interval below 100 ms', async () => {
    const { code, stderr } = await run('status', '--watch', '--interval', '0', 's-6')
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: 'quorumlock: Expected --interval to be at least 100ms, got "0" (quorumlock --help)\n',
    })
  })

  test('status ends quietly when its standard output is closed', async () => {
    const running = quorumlock(['status', '--watch', '--interval', '100ms', 's-7'], {
      env: { QUORUMLOCK_NODES: fleet.urls.join(' ') },
    })
    await running.prints('s-7: free')
    running.process.stdout!.destroy()
    expect(await running.ended).toMatchObject({ code: 141, stderr: '' })
  })

  test('status shows nodes that are down, and exits with 69 if too few answer', async () => {
    await fleet.nodes[0]!.pause()
    expect((await run('status', 's-5')).stdout).toMatch(/not connected|not answered|no answer/)
    await fleet.nodes[1]!.pause()
    const { code, stdout, stderr } = await run('status', 's-5')
    expect(code).toBe(69)
    expect(stderr).toMatch(/^quorumlock: Cannot tell whether .*\n$/)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.slice(0, 2)).toEqual([
      's-5: unknown, 1 of 3 nodes answers (2 needed)',
      expect.stringMatching(/^ {2}node +state +reason$/),
    ])
    const rows = lines.slice(2)
    expect(rows.map((row) => row.trim().split(/ +/).slice(0, 2))).toEqual(
      fleet.urls.map((url, index) => [new URL(url).host, index === 2 ? 'up' : 'down']),
    )
    expect(rows.filter((row) => row.includes('not connected'))).toHaveLength(2)
    const machine = await run('status', '--json', 's-5')
    expect(machine.code).toBe(69)
    expect(JSON.parse(machine.stdout)).toMatchObject({
      resource: 's-5',
      error: expect.stringContaining('Cannot tell'),
      quorum: 2,
      nodes: [{ state: 'down' }, { state: 'down' }, { state: 'up', vote: 'granted' }],
    })
  })

  test('status shows why each node cannot be reached', async () => {
    const nodes = 'redis://127.0.0.1:1 redis://127.0.0.1:2'
    const { code, stdout } = await quorumlock(['status', 's-8'], { env: { QUORUMLOCK_NODES: nodes } }).ended
    expect(code).toBe(69)
    expect(stdout).toMatch(/127\.0\.0\.1:1 +down +not connected \(.*ECONNREFUSED.*\)\n/)
    expect(stdout).toMatch(/127\.0\.0\.1:2 +down +not connected \(.*ECONNREFUSED.*\)\n/)
  })
})

describe('names and labels with control characters', () => {
  const label = '\u001b]0;owned\u0007\u009b31mred\nforged: free\u202e'
  const resource = '\u001b[2J\u009b2J\r\u2028order'
  // eslint-disable-next-line no-control-regex
  const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/

  test('status shows control characters as escapes, without extra lines and with straight columns', async () => {
    await using lock = await redlock.acquire(resource, { label })
    const { code, stdout, stderr } = await run('status', resource)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toMatch(controls)
    const [head, titles, ...rows] = stdout.trimEnd().split('\n')
    expect(head).toMatch(/^\\u\{1b\}\[2J\\u\{9b\}2J\\r\\u\{2028\}order: locked, /)
    expect(rows).toHaveLength(fleet.nodes.length)
    for (const row of rows) {
      expect(row).toContain('\\u{1b}]0;owned\\u{7}\\u{9b}31mred\\nforged: free\\u{202e}')
      expect(row.slice(titles!.indexOf('left'))).toMatch(/^\d+\.\d s +0$/)
    }
    expect(lock.held).toBe(true)
  })

  test('JSON output keeps names and labels, with control characters escaped', async () => {
    await using lock = await redlock.acquire(resource, { label })
    const { stdout } = await run('status', '--json', resource)
    expect(stdout).not.toMatch(controls)
    expect(JSON.parse(stdout)).toMatchObject({ resource, nodes: [{ holder: label }, {}, {}] })
    expect(lock.held).toBe(true)
  })

  test('the other commands show control characters as escapes', async () => {
    await using lock = await redlock.acquire(resource)
    const results = await Promise.all([
      run('exec', '--try', resource, '--', 'true'),
      run('exec', `other${resource}`, '--', resource),
      run('exec', 'x', `--${resource}`),
      run('release', '--force', '--yes', `free${resource}`),
      run('doctor', resource),
    ])
    for (const { stderr } of results) {
      // Messages of core quote names as JSON strings.
      expect(stderr).toMatch(/^quorumlock: .*\\u(\{1b\}|001b)\[2J.*\n$/)
      expect(stderr).not.toMatch(controls)
    }
    expect(lock.held).toBe(true)
  })
})

describe('release', () => {
  test('release requires --force, and a terminal or --yes', async () => {
    await using lock = await redlock.acquire('r-1')
    const [plain, unasked] = await Promise.all([run('release', 'r-1'), run('release', '--force', 'r-1')])
    expect(plain).toMatchObject({ code: 64, stdout: '' })
    expect(unasked).toMatchObject({ code: 64, stdout: '' })
    expect(unasked.stderr).toContain('pass --yes')
    expect(lock.held).toBe(true)
  })

  test('release --force --yes releases a lock of another process', async () => {
    await redlock.acquire('r-2', { autoExtend: false })
    expect(await run('release', '--force', '--yes', 'r-2')).toMatchObject({
      code: 0,
      stderr: 'quorumlock: r-2 was released\n',
    })
    expect(await redlock.isLocked('r-2')).toBe(false)
    expect((await run('release', '--force', '--yes', 'r-2')).stderr).toBe('quorumlock: r-2 was not locked\n')
  })
})

describe('doctor', () => {
  test('doctor exits with 0 for a healthy fleet', async () => {
    const { code, stdout } = await run('doctor')
    expect(stdout).toContain('127.0.0.1')
    expect(code).toBe(0)
    const asJson = await run('doctor', '--json')
    expect(JSON.parse(asJson.stdout)).toMatchObject({ healthy: true })
  })

  test('doctor exits with 1 for a frozen node, and with 69 for too many', async () => {
    await fleet.nodes[2]!.pause()
    const one = await run('doctor', '--timeout', '3s')
    expect(one.stdout).toContain(new URL(fleet.nodes[2]!.url).host)
    expect(one.code).toBe(1)
    await fleet.nodes[1]!.pause()
    expect((await run('doctor', '--timeout', '3s')).code).toBe(69)
  })
})

describe('--timeout', () => {
  test.each([
    ['status', 's-9'],
    ['exec', 's-9', '--', 'true'],
    ['release', '--force', '--yes', 's-9'],
    ['doctor'],
  ])('%s rejects a --timeout of 0', async (command, ...args) => {
    expect(await run(command, '--timeout', '0', ...args)).toMatchObject({
      code: 64,
      stdout: '',
      stderr: 'quorumlock: Expected --timeout to be at least 1ms, got "0" (quorumlock --help)\n',
    })
  })

  test('--timeout limits the wait for a majority', async () => {
    await fleet.nodes[0]!.pause()
    await fleet.nodes[1]!.pause()
    const results = await Promise.all([
      run('exec', '--timeout', '250ms', 's-9', '--', 'true'),
      run('release', '--force', '--yes', '--timeout', '250ms', 's-9'),
    ])
    for (const { code, stderr } of results) {
      expect(code).toBe(69)
      expect(stderr).toContain('could not be reached within 250 ms')
    }
    expect(await run('status', '--timeout', '250ms', 's-9')).toMatchObject({ code: 69 })
  })

  test('--timeout does not affect a healthy fleet', async () => {
    expect(await run('exec', '--timeout', '20s', 's-9', '--', 'true')).toMatchObject({ code: 0, stderr: '' })
    expect(await run('status', '--timeout', '20s', 's-9')).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('the nodes of the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const withFile = async (content: unknown): Promise<Ended> => {
    const path = join(folder, 'locks.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return quorumlock(['exec', '--config', path, 'c-1', '--', 'true']).ended
  }

  test('nodes can come from a file', async () => {
    expect(await withFile({ nodes: fleet.urls, ttl: '5s', keyPrefix: 'mine:' })).toMatchObject({
      code: 0,
      stderr: '',
    })
  })

  test.each([
    ['{ nodes', 'it is not JSON'],
    [[], 'expected a JSON object'],
    [{ nodes: 'redis://a' }, 'expected "nodes" to be an array of URLs'],
    [
      { node: [] },
      'expected only nodes, username, password, passwordFile, tls, keyPrefix, quorum, durable, ttl, wait, label, got "node"',
    ],
    [{ nodes: ['redis://a'], ttl: 'soon' }, 'Expected "ttl" to be a time'],
  ])('a file with %j is rejected', async (content, message) => {
    const { code, stderr } = await withFile(content)
    expect(code).toBe(64)
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('a file can name a user and another file with the password', async () => {
    const admins = await Promise.all(fleet.urls.map((url) => open(url)))
    for (const admin of admins) {
      await admin.sendCommand(['ACL', 'SETUSER', 'ada', 'on', '>right', '~*', '&*', '+@all'])
      admin.destroy()
    }
    const content = { nodes: fleet.urls, username: 'ada', passwordFile: 'password' }
    writeFileSync(join(folder, 'password'), 'right\n')
    expect(await withFile(content)).toMatchObject({ code: 0, stderr: '' })
    writeFileSync(join(folder, 'password'), 'wrong\n')
    const refused = await withFile(content)
    expect(refused.code).toBe(69)
    expect(refused.stderr).toContain('WRONGPASS')
  })

  test('nodes in flags override the environment', async () => {
    const nodes = fleet.urls.flatMap((url) => ['--node', url])
    const env = { QUORUMLOCK_NODES: 'redis://127.0.0.1:1' }
    expect(await quorumlock(['exec', ...nodes, 'c-2', '--', 'true'], { env }).ended).toMatchObject({
      code: 0,
    })
  })
})

async function found(urls: readonly string[]): Promise<void> {
  await using client = await connect(urls)
  await client.using('first', () => undefined)
}

describe('nodes', () => {
  test('a new fleet is shown as such, and is founded without a node that is away only when a person says so', async () => {
    await using own = await startFleet({ nodes: 3 })
    const ask = (...args: readonly string[]): Promise<Ended> =>
      quorumlock(args, { env: { QUORUMLOCK_NODES: own.urls.join(' ') } }).ended
    const untouched = await ask('nodes')
    expect(untouched).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the first client that locks founds it'),
    })
    expect(untouched.stdout.match(/ new /g)).toHaveLength(3)

    await own.nodes[2]!.kill()
    expect(await ask('exec', '--wait', '0', 'n-3', '--', 'true')).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('quorumlock nodes found'),
    })
    expect(await ask('nodes', 'found')).toMatchObject({ code: 64, stderr: expect.stringContaining('--yes') })
    expect(await ask('nodes', 'found', '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the fleet is founded, and 2 of 3 nodes can vote'),
    })
    expect(await ask('exec', '--wait', '0', 'n-3', '--', 'true')).toMatchObject({ code: 0 })
    expect(await ask('nodes', 'found', '--yes')).toMatchObject({
      stderr: expect.stringContaining('nothing was founded'),
    })
  })

  test('nodes shows which nodes can vote and why others cannot, and lift lets one vote at once', async () => {
    await using own = await startFleet({ nodes: 3 })
    const ask = (...args: readonly string[]): Promise<Ended> =>
      quorumlock(args, { env: { QUORUMLOCK_NODES: own.urls.join(' ') } }).ended
    await using holder = await connect(own.urls, { restore: false })
    await using lock = await holder.acquire('n-1')
    const healthy = await ask('nodes')
    expect(healthy).toMatchObject({ code: 0, stderr: '' })
    expect(healthy.stdout.match(/ up /g)).toHaveLength(3)

    await own.nodes[0]!.flush()
    const emptied = await ask('nodes', '--json')
    expect(JSON.parse(emptied.stdout)).toMatchObject({ quorum: 2, nodes: [{ state: 'quarantined' }, {}, {}] })
    const { name } = holder.health()[0]!
    expect(await ask('nodes', 'lift', name)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--yes'),
    })
    expect(await ask('nodes', 'lift', '--yes', name)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('may vote again'),
    })
    expect((await ask('nodes')).stdout.match(/ up /g)).toHaveLength(3)
    lock.assertHeld()
  })

  test('nodes ends with 69 when too few nodes can vote, and with 64 for a node that it does not know', async () => {
    await using own = await startFleet({ nodes: 3 })
    const env = { QUORUMLOCK_NODES: own.urls.join(' ') }
    await found(own.urls)
    expect(await quorumlock(['nodes'], { env }).ended).toMatchObject({ code: 0 })
    for (const node of own.nodes.slice(1)) await node.kill()
    const ended = await quorumlock(['nodes', '--timeout', '1s'], { env }).ended
    expect(ended).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('1 of 3 nodes can vote, 2 are needed'),
    })
    expect(await quorumlock(['nodes', 'lift', '--yes', 'nowhere'], { env }).ended).toMatchObject({ code: 64 })
  })
})
