import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CHANNELS, Redlock, type LockNode, type NodeCommand } from '@quorumlock/core'
import { ioredisNode, nodeRedisNode } from '@quorumlock/clients'
import { startFleet, type Fleet } from '@quorumlock/testing'
import { Redis } from 'ioredis'
import { eventually } from '../support/eventually.js'
import { open, type Client } from '../support/servers.js'

let fleet: Fleet
let admin: Client
beforeAll(async () => {
  fleet = await startFleet({ nodes: 1, backend: 'processes' })
  admin = await open(fleet.urls[0]!)
})
afterAll(async () => {
  admin.destroy()
  await fleet.dispose()
})

interface Opened {
  readonly node: LockNode
  end(): Promise<void>
}

const CLIENTS: Record<string, (lacksCommand: boolean) => Promise<Opened>> = {
  'node-redis': async (lacksCommand) => {
    const client = await open(fleet.urls[0]!)
    const send = client.withCommandOptions.bind(client)
    if (lacksCommand) {
      client.withCommandOptions = ((options: never) => {
        const plain = send(options)
        return { sendCommand: async (args: string[]) => plain.sendCommand(renamed(args)) }
      }) as never
    }
    return { node: nodeRedisNode(client), end: async () => client.destroy() }
  },
  ioredis: async (lacksCommand) => {
    const client = new Redis(fleet.urls[0]!, { lazyConnect: true })
    client.on('error', () => undefined)
    await client.connect()
    const call = client.call.bind(client) as (...args: string[]) => Promise<unknown>
    if (lacksCommand) client.call = (async (...args: string[]) => call(...renamed(args))) as never
    return { node: ioredisNode(client), end: async () => client.disconnect() }
  },
}

/** Renames the command, because a server that lacks a command repeats its arguments. */
function renamed([name = '', ...args]: readonly string[]): [string, ...string[]] {
  return [name === 'EVALSHA' ? 'NO.SUCH' : name, ...args]
}

/** Enough random characters to rule out chance. A part of the value must not be shown either. */
function secretOf(value: string): string {
  return value.replace('quorumlock:wake:', '').slice(0, 12)
}

const TRACED = [CHANNELS.acquire, CHANNELS.extend, CHANNELS.release]
const PUBLISHED = [CHANNELS.lost, CHANNELS.detach, CHANNELS.node]

/** Records all output until it is closed, and the secrets that must not be in it. */
class Recorder {
  readonly secrets = new Set<string>()
  readonly recorded: string[] = []

  constructor() {
    for (const name of TRACED) tracingChannel(name).subscribe(this.#stages)
    for (const name of PUBLISHED) subscribe(name, this.record)
  }

  /** Channels belong to the process, so the recorder would also record other suites. */
  close(): void {
    for (const name of TRACED) tracingChannel(name).unsubscribe(this.#stages)
    for (const name of PUBLISHED) unsubscribe(name, this.record)
  }

  readonly record = (output: unknown): void => {
    this.recorded.push(inspect(output, { depth: Infinity, showHidden: true }))
    if (output instanceof Error)
      this.recorded.push(output.message, output.stack ?? '', JSON.stringify(output))
    else this.recorded.push(JSON.stringify(output))
  }

  readonly #stages = {
    start: this.record,
    end: this.record,
    asyncStart: this.record,
    asyncEnd: this.record,
    error: this.record,
  }

  readonly log = (data: object, message: string): void => this.record({ data, message })

  /** The node, with all values and waiters recorded as secrets. */
  at(node: LockNode): LockNode {
    const note = (command: NodeCommand): void => {
      if ('value' in command) this.secrets.add(secretOf(command.value))
      if ('queue' in command && typeof command.queue === 'object')
        this.secrets.add(secretOf(command.queue.id))
    }
    return {
      name: node.name,
      get connected() {
        return node.connected
      },
      send: (command, answer) => {
        note(command)
        node.send(command, answer)
      },
      watch: (observer) => node.watch!(observer),
      subscribe: (channel, observer) => node.subscribe!(channel, observer),
    }
  }

  /** Runs work that must fail, and records the error. */
  async fails(work: Promise<unknown>): Promise<void> {
    const error = await work.then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason as Error,
    )
    expect(error.message).not.toBe('it did not fail')
    this.record(error)
  }
}

describe.each(Object.keys(CLIENTS))('secrets over %s', (name) => {
  test.each<[string, boolean, (redlock: Redlock, recorder: Recorder) => Promise<void>]>([
    [
      'a server without the command',
      true,
      async (redlock, recorder) => {
        // The first call of each script loads it.
        const lock = await redlock.acquire('a')
        await lock.release()
        await recorder.fails(redlock.acquire('a', { wait: 0 }))
        await recorder.fails(redlock.acquire('a', { wait: 50 }))
        await recorder.fails(redlock.acquire('a', { wait: 50, fair: false }))
      },
    ],
    [
      'a user without the permission',
      false,
      async (redlock, recorder) => {
        await admin.sendCommand(['ACL', 'SETUSER', 'default', '-set'])
        await recorder
          .fails(redlock.acquire('a', { wait: 50 }))
          .finally(async () => admin.sendCommand(['ACL', 'SETUSER', 'default', '+set']))
      },
    ],
    [
      'a key of another type, or with another holder',
      false,
      async (redlock, recorder) => {
        await admin.rPush('lock:a', 'x')
        await recorder.fails(redlock.acquire('a', { wait: 50 }))
        await recorder.fails(redlock.acquire(['a', 'b'], { wait: 50 }))
        await recorder.fails(redlock.isLocked('a'))
        await recorder.fails(redlock.forceRelease('a'))
        await redlock.acquire('b', { label: 'holds' })
        await recorder.fails(redlock.acquire('b', { wait: 50, label: 'waits' }))
        recorder.record(await redlock.inspect('b'))
      },
    ],
    [
      'an out-of-memory error',
      false,
      async (redlock, recorder) => {
        await admin.configSet('maxmemory', '1')
        await recorder
          .fails(redlock.acquire('a', { wait: 50 }))
          .finally(async () => admin.configSet('maxmemory', '0'))
      },
    ],
    [
      'a lost lock and a failed wait',
      false,
      async (redlock, recorder) => {
        const lock = await redlock.acquire('a')
        const waiting = redlock.acquire('a', { wait: 200 })
        await eventually(async () => expect((await redlock.inspect('a')).waiters).toBe(1))
        recorder.record(await redlock.inspect('a'))
        await recorder.fails(waiting)
        await admin.set('lock:a', 'taken')
        await recorder.fails(lock.extend())
        recorder.record(lock.signal.reason)
        await recorder.fails(redlock.resume({ ...lock.toJSON(), expiresAt: Number.NaN }))
      },
    ],
  ])(
    'no output shows the value of a lock or the name of a waiter after %s',
    async (_, lacksCommand, play) => {
      await admin.flushAll()
      const recorder = new Recorder()
      const opened = await CLIENTS[name]!(lacksCommand)
      const { log } = recorder
      const redlock = new Redlock({
        nodes: [recorder.at(opened.node)],
        guard: false,
        logger: { debug: log, info: log, warn: log, error: log },
      })
      try {
        await play(redlock, recorder)
        recorder.record(redlock.health())
      } finally {
        await redlock.close()
        await opened.node.close?.()
        await opened.end()
        recorder.close()
      }
      expect(recorder.secrets.size).toBeGreaterThan(0)
      const output = recorder.recorded.join('\n')
      for (const secret of recorder.secrets) expect(output).not.toContain(secret)
    },
  )
})
