import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redlock } from '@quorumlock/core'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { connect } from '../../../src/connect/connect.js'
import { quorumlock } from '../../support/cli.js'
import { startStopwatch } from '../../../../testing/test/support/stopwatch.js'
import { deafServer } from '../../support/deaf-server.js'
import { eventually } from '../../support/eventually.js'
import type { Ended, RunOptions, Running } from '../../support/running.js'

let fleet: Fleet
let redlock: Redlock
let folder: string
let names = 0
const fresh = (): string => `job-${++names}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorumlock-exec-'))
  fleet = await startFleet({ nodes: 3 })
  redlock = await connect(fleet.urls, { ttl: 20_000 })
})

afterAll(async () => {
  await redlock.close()
  await fleet.dispose()
  await rm(folder, { recursive: true })
})

afterEach(() => fleet.heal())

const start = (args: readonly string[], options: RunOptions = {}): Running =>
  quorumlock(['exec', ...args], {
    ...options,
    env: { QUORUMLOCK_NODES: fleet.urls.join(' '), ...options.env },
  })
const run = (args: readonly string[], options?: RunOptions): Promise<Ended> => start(args, options).ended
const sh = (script: string): string[] => ['--', 'sh', '-c', script]

describe('the exit code of exec', () => {
  test.each([0, 3, 255])('exec exits with the code of the command: %i', async (code) => {
    expect(await run([fresh(), ...sh(`exit ${code}`)])).toEqual({
      code,
      signal: null,
      stdout: '',
      stderr: '',
    })
  })

  test('exec exits with 128 + n if signal n ended the command', async () => {
    expect(await run([fresh(), ...sh('kill -KILL $$')])).toMatchObject({ code: 137, stderr: '' })
  })

  test('exec exits with 75 if the lock is held, immediately with --try and after --wait', async () => {
    const resource = fresh()
    await using lock = await redlock.acquire(resource)
    const [tried, waited] = await Promise.all([
      run(['--try', resource, ...sh('echo ran')]),
      run(['--wait', '300ms', resource, ...sh('echo ran')]),
    ])
    for (const ended of [tried, waited]) {
      expect(ended).toMatchObject({ code: 75, stdout: '' })
      expect(ended.stderr).toMatch(/^quorumlock: Cannot lock "job-\d+": it is held, .*\n$/)
    }
    expect(lock.held).toBe(true)
  })

  test('exec exits with 69 if too few nodes answer', async () => {
    await fleet.nodes[0]!.pause()
    await fleet.nodes[1]!.pause()
    const ended = await run([fresh(), ...sh('echo ran')])
    expect(ended).toMatchObject({ code: 69, stdout: '' })
    expect(ended.stderr).toMatch(/^quorumlock: Cannot connect: 2 of 3 nodes are needed.*\n$/)
  })

  test('exec exits with 127 or 126 if the command does not exist or cannot be executed, and releases the lock', async () => {
    const resource = fresh()
    expect(await run([resource, '--', 'no-such-command'])).toMatchObject({
      code: 127,
      stderr: 'quorumlock: no-such-command: command not found\n',
    })
    const file = join(folder, 'not-a-program')
    await writeFile(file, '', { mode: 0o600 })
    expect(await run([resource, '--', file])).toMatchObject({
      code: 126,
      stderr: `quorumlock: ${file}: cannot be executed (EACCES)\n`,
    })
    expect(await redlock.isLocked(resource)).toBe(false)
  })
})

describe('wrong usage', () => {
  test.each<[string, string[], RegExp]>([
    ['no resource', ['--', 'true'], /Expected a resource/],
    ['no command', ['a'], /Expected a command after "--"/],
    ['an empty command', ['a', '--'], /Expected a command after "--"/],
    ['an unknown flag', ['--nope', 'a', '--', 'true'], /Unknown option '--nope'/],
    [
      'an invalid time',
      ['--ttl', 'soon', 'a', '--', 'true'],
      /Expected --ttl to be a time such as 500ms, 30s or 5m, got "soon"/,
    ],
    [
      'a time that looks like a flag',
      ['--wait', '-3s', 'a', '--', 'true'],
      /^quorumlock: Expected a value after --wait, got "-3s", which looks like an option \(quorumlock --help\)\n$/,
    ],
    [
      'a flag in place of a value',
      ['--ttl', '--try', 'a', '--', 'true'],
      /Expected a value after --ttl, got "--try"/,
    ],
    ['a negative time', ['--ttl=-3s', 'a', '--', 'true'], /Expected --ttl to be a time .*, got "-3s"/],
    [
      'both --try and --wait',
      ['--try', '--wait', '1s', 'a', '--', 'true'],
      /Expected --try or --wait, got both/,
    ],
    ['a TTL of 0', ['--ttl', '0', 'a', '--', 'true'], /Expected `ttl` to be/],
    [
      'a grace that leaves no time',
      ['--ttl', '2s', '--grace', '2s', 'a', '--', 'true'],
      /Expected --grace to be at most half of the TTL/,
    ],
    ['a quorum below a majority', ['--quorum', '1', 'a', '--', 'true'], /Expected `quorum` to be/],
    [
      'a missing file',
      ['--config', '/no/such/file', 'a', '--', 'true'],
      /Cannot use the configuration file \/no\/such\/file/,
    ],
    ['a node that is not a URL', ['--node', 'secret@host', 'a', '--', 'true'], /Expected node 1 to be a URL/],
  ])('exec with %s exits with 64 and one line', async (_what, args, message) => {
    const ended = await run(args)
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(ended.stderr).not.toContain('secret')
  })

  test('missing nodes, a missing command and an unknown command exit with 64 and one line', async () => {
    const none = quorumlock(['exec', 'a', '--', 'true']).ended
    const nothing = quorumlock([]).ended
    const unknown = quorumlock(['explode']).ended
    expect((await none).stderr).toMatch(/^quorumlock: No nodes: specify them with --node URL.*\n$/)
    expect((await nothing).stderr).toMatch(
      /^quorumlock: Expected a command: exec, status, release, nodes or doctor .*\n$/,
    )
    expect((await unknown).stderr).toMatch(/got "explode".*\n$/)
    const early = quorumlock(['-v', 'status', 'a']).ended
    expect((await early).stderr).toMatch(
      /^quorumlock: Expected a command before any option: .*, got "-v".*\n$/,
    )
    for (const ended of await Promise.all([none, nothing, unknown, early])) expect(ended.code).toBe(64)
  })
})

describe('the command of exec', () => {
  test('the command gets its arguments unchanged, without a shell, and the standard input', async () => {
    const printed = await run([fresh(), '--', 'printf', '%s|', '$HOME;ls', 'a b', '--try', '--'])
    expect(printed).toMatchObject({ code: 0, stdout: '$HOME;ls|a b|--try|--|', stderr: '' })
    expect(await run([fresh(), '--', 'cat'], { input: 'from stdin' })).toMatchObject({ stdout: 'from stdin' })
  })

  test('the command finds its lock in the environment', async () => {
    const script = 'echo "$QUORUMLOCK_RESOURCE,$QUORUMLOCK_EXPIRES_AT,$QUORUMLOCK_TOKEN"'
    const { stdout } = await run(['--fencing', 'x-1', 'x-2', ...sh(script)])
    const [, expires, token] = /^x-1\nx-2,(\d+),(\d+)\n$/.exec(stdout) ?? []
    expect(Math.abs(Number(expires) - Date.now() - 29_700)).toBeLessThan(5_000)
    expect(BigInt(token!)).toBeGreaterThan(1_700_000_000_000_000n)
    expect((await run([fresh(), ...sh('echo "[$QUORUMLOCK_TOKEN]"')])).stdout).toBe('[]\n')
  })

  test('the command inherits the nodes, but passwords only with --inherit-nodes', async () => {
    const script = sh('echo "[$QUORUMLOCK_NODES] [$QUORUMLOCK_PASSWORD]"')
    const plain = fleet.urls.join(' ')
    // The default user accepts any password here.
    const secret = plain.replaceAll('//', '//default:hunter2@')
    const [open, closed, both, asked] = await Promise.all([
      run([fresh(), ...script]),
      run([fresh(), ...script], { env: { QUORUMLOCK_NODES: secret } }),
      run([fresh(), ...script], { env: { QUORUMLOCK_PASSWORD: 'hunter2' } }),
      run(['--inherit-nodes', fresh(), ...script], { env: { QUORUMLOCK_NODES: secret } }),
    ])
    expect(open).toMatchObject({ code: 0, stdout: `[${plain}] []\n` })
    expect(closed).toMatchObject({ code: 0, stdout: '[] []\n' })
    expect(both).toMatchObject({ code: 0, stdout: `[${plain}] []\n` })
    expect(asked).toMatchObject({ code: 0, stdout: `[${secret}] []\n` })
  })

  test('a nested quorumlock without nodes prints how to inherit them', async () => {
    const { code, stderr } = await quorumlock(['status', 'a'], { env: { QUORUMLOCK_RESOURCE: 'outer' } })
      .ended
    expect(code).toBe(64)
    expect(stderr).toContain('start the enclosing quorumlock exec with --inherit-nodes')
  })

  test('--verbose logs the command and its lock, without the value of the lock or a password', async () => {
    const resource = fresh()
    const { code, stderr } = await run(['-v', '--label', 'night', resource, ...sh('exit 3')])
    expect(code).toBe(3)
    const log = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string })
    const of = (message: string): object[] => log.filter(({ msg }) => msg === message)
    expect(of('node')).toContainEqual(expect.objectContaining({ change: 'connected' }))
    expect(of('acquire')).toEqual([
      expect.objectContaining({ resources: [resource], label: 'night', outcome: 'acquired' }),
    ])
    expect(of('start')).toEqual([expect.objectContaining({ command: 'sh', child: expect.any(Number) })])
    expect(of('end')).toEqual([expect.objectContaining({ command: 'sh', code: 3 })])
    expect(of('release')).toEqual([expect.objectContaining({ outcome: 'released' })])
    expect(stderr).not.toMatch(/"value"|quorumlock:wake:/)
  })

  test('of two commands in parallel, the second waits for the first', async () => {
    const resource = fresh()
    const script = 'echo in; sleep 0.3; echo out'
    const first = start([resource, ...sh(script)])
    await first.prints('in')
    const second = start([resource, ...sh('echo second')])
    await first.ended
    expect(await second.ended).toMatchObject({ code: 0, stdout: 'second\n' })
  })
})

describe('signals', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)(
    '%s is forwarded to the command',
    async (signal) => {
      const name = signal.slice(3)
      const script = `trap 'echo got ${name}; exit 7' ${name}; echo ready; while :; do sleep 0.05; done`
      const running = start([fresh(), ...sh(script)])
      await running.prints('ready')
      running.process.kill(signal)
      expect(await running.ended).toMatchObject({ code: 7, stdout: `ready\ngot ${name}\n`, stderr: '' })
    },
  )

  test('a command that ignores the signal continues', async () => {
    const running = start([fresh(), ...sh("trap '' TERM; echo ready; sleep 0.5; echo done")])
    await running.prints('ready')
    running.process.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'ready\ndone\n' })
  })

  test('the lock is released only after the command has ended, even long after the signal', async () => {
    const resource = fresh()
    const script = `trap 'echo ending; sleep 1; exit 0' TERM; echo ready; while :; do sleep 0.05; done`
    const running = start([resource, ...sh(script)])
    await running.prints('ready')
    running.process.kill('SIGTERM')
    await running.prints('ending')
    expect(await redlock.tryAcquire(resource)).toBeNull()
    expect(await running.ended).toMatchObject({ code: 0 })
    expect(await redlock.isLocked(resource)).toBe(false)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s ends the wait with %i, and leaves no place in the queue', async (signal, code) => {
    const resource = fresh()
    await using lock = await redlock.acquire(resource)
    const running = start(['--wait', 'forever', resource, ...sh('echo ran')])
    while ((await redlock.inspect(resource)).waiters === 0) await new Promise((next) => setTimeout(next, 20))
    running.process.kill(signal)
    expect(await running.ended).toMatchObject({ code, stdout: '', stderr: '' })
    // Commands sent before the exit may still be in the sockets of busy servers. The first inspect runs after them.
    await redlock.inspect(resource)
    expect((await redlock.inspect(resource)).waiters).toBe(0)
    expect(lock.held).toBe(true)
  })

  test('a signal while no node can be reached ends exec immediately', async () => {
    using deaf = await deafServer()
    const nowhere = `${deaf.url} redis://127.0.0.1:2 redis://127.0.0.1:3`
    const running = start(['--verbose', fresh(), ...sh('echo ran')], { env: { QUORUMLOCK_NODES: nowhere } })
    // The signal handlers are installed before it connects.
    await eventually(async () => expect(deaf.sockets.size).toBeGreaterThan(0))
    running.process.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 143, stdout: '' })
  })
})

describe('a lock that is about to be lost', () => {
  const ttl = 3_000

  /** Freezes a majority under a running command. The stopwatch starts before that. */
  async function loseMajority(running: Running): Promise<{ at: number; elapsed: () => number }> {
    await running.prints('ready')
    const since = { at: Date.now(), elapsed: startStopwatch() }
    await Promise.all([fleet.nodes[0]!.pause(), fleet.nodes[1]!.pause()])
    return since
  }

  test('the command gets SIGTERM in time to end on its own, and exec exits with 79', async () => {
    const script = `trap 'echo got TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done`
    const running = start(['--ttl', `${ttl}`, fresh(), ...sh(script)])
    const { elapsed } = await loseMajority(running)
    await running.prints('got TERM')
    expect(elapsed()).toBeLessThan(ttl)
    const ended = await running.ended
    expect(ended).toMatchObject({ code: 79, stdout: 'ready\ngot TERM\n' })
    expect(ended.stderr).toMatch(
      /^quorumlock: the lock cannot be renewed: ending the command\nquorumlock: lost the lock on .*\n$/,
    )
  })

  test('a command that ignores SIGTERM is killed before the deadline', async () => {
    // Prints the time every 20 ms, so that the last line shows how long it lived.
    const beat = `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => console.log(Date.now()), 20)`
    const running = start(['--ttl', `${ttl}`, fresh(), '--', process.execPath, '-e', beat])
    const { at } = await loseMajority(running)
    const ended = await running.ended
    const last = Number(ended.stdout.trimEnd().split('\n').at(-1))
    expect(ended.code).toBe(79)
    // The deadline is at most one TTL after the last renewal, which came before the freeze.
    expect(last - at).toBeLessThan(ttl - 32)
    expect(last - at).toBeGreaterThan(ttl / 4)
  })

  test('a lock released by force ends the command with the next renewal', async () => {
    const resource = fresh()
    const running = start(['--ttl', `${ttl}`, resource, ...sh('echo ready; exec sleep 30')])
    await running.prints('ready')
    expect(await redlock.forceRelease(resource)).toBe(true)
    expect(await running.ended).toMatchObject({ code: 79 })
  })

  test('the command is ended in time even if standard error is closed', async () => {
    const script = `trap 'echo got TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done`
    const running = start(['--ttl', `${ttl}`, fresh(), ...sh(script)])
    running.process.stderr!.destroy()
    await loseMajority(running)
    expect(await running.ended).toMatchObject({ code: 79, stdout: 'ready\ngot TERM\n' })
  })

  test('a frozen minority changes nothing', async () => {
    const running = start(['--ttl', `${ttl}`, fresh(), ...sh('sleep 1; echo ready; sleep 4; echo done')])
    await running.prints('ready')
    await fleet.nodes[0]!.pause()
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'ready\ndone\n', stderr: '' })
  })
})

test('no message contains the password of a URL', async () => {
  const nodes = 'redis://user:hunter2@127.0.0.1:1'
  const { stderr } = await run(['--try', fresh(), '--', 'true'], { env: { QUORUMLOCK_NODES: nodes } })
  expect(stderr).toMatch(/^quorumlock: Cannot connect/)
  expect(stderr).not.toContain('hunter2')
})

test('--help prints the usage on standard output', async () => {
  const [all, exec] = await Promise.all([quorumlock(['--help']).ended, quorumlock(['exec', '--help']).ended])
  expect(all).toMatchObject({ code: 0, stderr: '' })
  expect(all.stdout).toContain('quorumlock exec nightly-report -- ./report.sh')
  expect(exec.stdout).toContain('79  the lock was lost while the command ran')
})

test('--version prints the version of the package', async () => {
  const file = new URL('../../../package.json', import.meta.url)
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  expect(await quorumlock(['--version']).ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
})
