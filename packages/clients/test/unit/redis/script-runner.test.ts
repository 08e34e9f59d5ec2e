import { beforeEach, describe, expect, test } from '@jest/globals'
import type { ConnectionObserver, LockNode, NodeCommand } from '@quorumlock/core'
import type { RedisLink } from '../../../src/redis/link.js'
import { ScriptNode } from '../../../src/redis/script-node.js'

interface Sent {
  readonly args: readonly string[]
  /** Resolves with the reply to another call. */
  resolveAs(other: Sent): void
  resolve(reply: unknown): void
  reject(error: Error): void
}

/** A link whose replies come from the test. */
class Scripted implements RedisLink {
  readonly name = 'scripted'
  readonly sent: Sent[] = []
  ready = true
  #observer: ConnectionObserver | undefined

  constructor(readonly isCluster = false) {}

  isReady(): boolean {
    return this.ready
  }
  send(args: string[]): Promise<unknown> {
    const echoed = (reply: unknown): unknown =>
      Array.isArray(reply) ? [`${numberOf(args)} 1 0`, ...reply] : reply
    return new Promise((resolve, reject) =>
      this.sent.push({
        args,
        resolve: (reply) => resolve(echoed(reply)),
        resolveAs: (other) => resolve(`${numberOf(other.args)} 1 0`),
        reject,
      }),
    )
  }
  watch(observer: ConnectionObserver): () => void {
    this.#observer = observer
    return () => undefined
  }
  openSubscriber(): never {
    throw new Error('unexpected subscription')
  }
  lose(): void {
    this.ready = false
    this.#observer?.disconnected()
  }
}

/** The first argument of a script, which its reply repeats. */
const numberOf = (args: readonly string[]): string => args[3 + Number(args[2])] as string
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const verbs = (link: Scripted): string[] => link.sent.map(({ args }) => args[0] as string)
/** Without the queues of the locks. */
const keysOf = ({ args }: Sent): string[] =>
  args.slice(3, 3 + Number(args[2])).filter((key) => !key.endsWith(':#queue'))

let link: Scripted
let node: LockNode
let answers: string[]
beforeEach(() => {
  link = new Scripted()
  node = new ScriptNode(link)
  answers = []
})

function send(key: string, kind: 'acquire' | 'release' = 'acquire'): void {
  const command: NodeCommand =
    kind === 'acquire'
      ? { kind, keys: [key], value: 'v', ttl: 1_000, queue: 'ignore' }
      : { kind, keys: [key], value: 'v' }
  node.send(command, (reply) => {
    answers.push(`${kind} ${key}: ${reply.vote}${'reason' in reply ? ` (${reply.reason})` : ''}`)
  })
}

describe('commands of one tick', () => {
  test('commands of one tick travel in one call, even if they were sent in different microtasks', async () => {
    send('a')
    await Promise.resolve().then(() => Promise.resolve())
    send('b')
    await tick()
    expect(link.sent.map(keysOf)).toEqual([['a', 'b']])
  })

  test('commands of one tick are split into calls of limited size, in order', async () => {
    for (let index = 0; index < 300; index++) send(`${index}`)
    await tick()
    expect(link.sent.map((call) => keysOf(call).length)).toEqual([128, 128, 44])
  })

  test('commands that check different markers go in different calls', async () => {
    for (const stamp of ['a', 'a', 'b', undefined]) {
      const marker = stamp === undefined ? undefined : { key: 'm', stamp, longestTtl: 0 }
      node.send({ kind: 'extend', keys: ['k'], value: 'v', ttl: 1, marker }, () => undefined)
    }
    await tick()
    expect(link.sent.map((call) => keysOf(call).join())).toEqual(['k,k,m', 'k,m', 'k'])
  })

  test('commands are never sent without a connection', async () => {
    link.ready = false
    send('a')
    await tick()
    expect(link.sent).toEqual([])
    expect(answers).toEqual(['acquire a: failed (not connected)'])
  })
})

describe('a call whose connection is lost', () => {
  test('a call whose connection is lost is answered once, with unknown, regardless of a later reply', async () => {
    send('a')
    await tick()
    link.lose()
    expect(answers).toEqual(['acquire a: unknown (the connection was lost)'])
    link.sent[0]?.resolve([])
    await tick()
    expect(answers).toHaveLength(1)
  })

  test('a malformed reply is unknown and is not shown', async () => {
    send('a')
    await tick()
    link.sent[0]?.resolve('the value of another lock')
    await tick()
    expect(answers[0]).toMatch(/acquire a: unknown/)
    expect(answers[0]).not.toContain('value')
  })
})

describe('replies after an unreadable one', () => {
  test('an unreadable reply is unknown, and every later reply finds its own call', async () => {
    for (const key of ['a', 'b', 'c']) {
      send(key)
      await tick()
    }
    // The client assigns each reply to the preceding command.
    link.sent[0]?.resolveAs(link.sent[1] as Sent)
    await tick()
    expect(answers).toEqual(['acquire a: unknown (the reply could not be read)', 'acquire b: granted'])
    link.sent[1]?.resolveAs(link.sent[2] as Sent)
    await tick()
    expect(answers.slice(2)).toEqual(['acquire c: granted'])
  })

  test('an error after an unreadable reply proves nothing about any call', async () => {
    for (const key of ['a', 'b', 'c', 'd']) {
      send(key)
      await tick()
    }
    link.sent[0]?.resolveAs(link.sent[1] as Sent)
    link.sent[1]?.reject(new Error('OOM command not allowed'))
    link.sent[2]?.reject(new Error('OOM command not allowed'))
    await tick()
    expect(answers.slice(2)).toEqual([
      'acquire c: unknown (the reply could not be read)',
      'acquire d: unknown (the reply could not be read)',
    ])
  })

  test('a reply to a command of the user settles no call, even if it is the number of one', async () => {
    for (const key of ['a', 'b', 'c']) {
      send(key)
      await tick()
    }
    link.sent[0]?.resolve('2')
    link.sent[1]?.resolve(3)
    await tick()
    expect(answers).toEqual([
      'acquire a: unknown (the reply could not be read)',
      'acquire b: unknown (the reply could not be read)',
    ])
  })

  test('a reply without a number settles only the call that it was assigned to', async () => {
    send('a')
    await tick()
    send('b')
    await tick()
    link.sent[0]?.resolve('OK')
    link.sent[1]?.resolve([])
    await tick()
    expect(answers).toEqual(['acquire a: unknown (the reply could not be read)', 'acquire b: granted'])
  })
})

describe('a script that the server does not know', () => {
  const unknown = new Error('NOSCRIPT No matching script.')

  beforeEach(async () => {
    send('warm')
    await tick()
    link.sent.shift()?.resolve([])
    await tick()
    answers.length = 0
  })

  test('a script is sent with the first call of a connection, and by its hash after that', async () => {
    send('a')
    await tick()
    link.lose()
    link.ready = true
    send('b')
    await tick()
    send('c')
    await tick()
    expect(verbs(link)).toEqual(['EVALSHA', 'EVAL', 'EVALSHA'])
  })

  test('a script that the server does not know is sent with the repeated call, before newer calls', async () => {
    send('a')
    await tick()
    link.sent[0]?.reject(unknown)
    await tick()
    expect(verbs(link)).toEqual(['EVALSHA', 'EVAL'])
    link.sent[1]?.resolve([])
    await tick()
    expect(answers).toEqual(['acquire a: granted'])
  })

  test('newer calls are held back until the calls in flight are answered, so that commands stay in order', async () => {
    send('a')
    await tick()
    send('b')
    await tick()
    link.sent[0]?.reject(unknown)
    await tick()
    send('c')
    await tick()
    expect(verbs(link)).toEqual(['EVALSHA', 'EVALSHA'])
    link.sent[1]?.reject(unknown)
    await tick()
    expect(link.sent.slice(2).map(keysOf)).toEqual([['a'], ['b'], ['c']])
  })

  test('a command overtaken on its key is not repeated, so that it cannot run after its own release', async () => {
    send('a')
    send('b')
    await tick()
    send('a', 'release')
    await tick()
    link.sent[0]?.reject(unknown)
    link.sent[1]?.resolve([1, 6])
    await tick()
    expect(answers[0]).toBe('release a: refused (gone)')
    expect(answers[1]).toMatch(/acquire a: failed/)
    expect(link.sent.slice(2).map(keysOf)).toEqual([['b']])
  })

  test('calls that are held back fail with the connection, because they were never sent', async () => {
    send('a')
    await tick()
    send('b')
    await tick()
    link.sent[0]?.reject(unknown)
    await tick()
    send('c')
    await tick()
    link.lose()
    expect(answers).toEqual([
      'acquire b: unknown (the connection was lost)',
      'acquire a: failed (the connection was lost)',
      'acquire c: failed (the connection was lost)',
    ])
  })
})

test('a key without permission does not fail the other commands of the call', async () => {
  send('a')
  send('forbidden')
  send('b')
  await tick()
  link.sent[0]?.reject(new Error('NOPERM No permissions to access a key'))
  await tick()
  expect(link.sent.slice(1).map(keysOf)).toEqual([['a'], ['forbidden'], ['b']])
  link.sent[1]?.resolve([])
  link.sent[2]?.reject(new Error('NOPERM No permissions to access a key'))
  link.sent[3]?.resolve([])
  await tick()
  expect(answers).toEqual([
    'acquire a: granted',
    'acquire forbidden: failed (NOPERM No permissions to access a key: one of "forbidden")',
    'acquire b: granted',
  ])
})

test('each slot of a cluster has its own call', async () => {
  link = new Scripted(true)
  node = new ScriptNode(link)
  for (const key of ['{a}1', '{b}1', '{a}2', '{b}2']) send(key)
  await tick()
  expect(link.sent.map(keysOf)).toEqual([
    ['{a}1', '{a}2'],
    ['{b}1', '{b}2'],
  ])
})
