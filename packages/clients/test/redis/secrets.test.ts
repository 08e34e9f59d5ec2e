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

/** As a server has it that lacks the command: it repeats what came with it. */
function renamed([name = '', ...args]: readonly string[]): [string, ...string[]] {
  return [name === 'EVALSHA' ? 'NO.SUCH' : name, ...args]
}

/** So much of what is random in it that it cannot be there by chance: a part may be shown as little as the whole. */
function secretOf(value: string): string {
  return value.replace('quorumlock:wake:', '').slice(0, 12)
}

const TRACED = [CHANNELS.acquire, CHANNELS.extend, CHANNELS.release]
const TOLD = [CHANNELS.lost, CHANNELS.detach, CHANNELS.node]

/** What was said until it is closed, and what must not be in it. */
class Ear {
  readonly secrets = new Set<string>()
  readonly heard: string[] = []

  constructor() {
    for (const name of TRACED) tracingChannel(name).subscribe(this.#stages)
    for (const name of TOLD) subscribe(name, this.hear)
  }

  /** Channels are of the whole process: it would go on to hear what other suites do. */
  close(): void {
    for (const name of TRACED) tracingChannel(name).unsubscribe(this.#stages)
    for (const name of TOLD) unsubscribe(name, this.hear)
  }

  readonly hear = (said: unknown): void => {
    this.heard.push(inspect(said, { depth: Infinity, showHidden: true }))
    if (said instanceof Error) this.heard.push(said.message, said.stack ?? '', JSON.stringify(said))
    else this.heard.push(JSON.stringify(said))
  }

  readonly #stages = {
    start: this.hear,
    end: this.hear,
    asyncStart: this.hear,
    asyncEnd: this.hear,
    error: this.hear,
  }

  readonly log = (data: object, message: string): void => this.hear({ data, message })

  /** The node, overheard. */
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

  /** Runs what has to fail, and listens to how. */
  async fails(work: Promise<unknown>): Promise<void> {
    const error = await work.then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason as Error,
    )
    expect(error.message).not.toBe('it did not fail')
    this.hear(error)
  }
}

describe.each(Object.keys(CLIENTS))(
  'no failure over %s shows the value of a lock or the name of a waiter:',
  (name) => {
    test.each<[string, boolean, (redlock: Redlock, ear: Ear) => Promise<void>]>([
      [
        'a server without the command',
        true,
        async (redlock, ear) => {
          // The first call brings the script along.
          await redlock.isLocked('a')
          await ear.fails(redlock.acquire('a', { wait: 0 }))
          await ear.fails(redlock.acquire('a', { wait: 50 }))
          await ear.fails(redlock.acquire('a', { wait: 50, fair: false }))
        },
      ],
      [
        'a user without the permission',
        false,
        async (redlock, ear) => {
          await admin.sendCommand(['ACL', 'SETUSER', 'default', '-set'])
          await ear
            .fails(redlock.acquire('a', { wait: 50 }))
            .finally(async () => admin.sendCommand(['ACL', 'SETUSER', 'default', '+set']))
        },
      ],
      [
        'a key of another type, or with another holder',
        false,
        async (redlock, ear) => {
          await admin.rPush('lock:a', 'x')
          await ear.fails(redlock.acquire('a', { wait: 50 }))
          await ear.fails(redlock.acquire(['a', 'b'], { wait: 50 }))
          await ear.fails(redlock.isLocked('a'))
          await ear.fails(redlock.forceRelease('a'))
          await redlock.acquire('b', { label: 'holds' })
          await ear.fails(redlock.acquire('b', { wait: 50, label: 'waits' }))
          ear.hear(await redlock.inspect('b'))
        },
      ],
      [
        'no memory',
        false,
        async (redlock, ear) => {
          await admin.configSet('maxmemory', '1')
          await ear
            .fails(redlock.acquire('a', { wait: 50 }))
            .finally(async () => admin.configSet('maxmemory', '0'))
        },
      ],
      [
        'a lock that is lost, and one that is waited for in vain',
        false,
        async (redlock, ear) => {
          const lock = await redlock.acquire('a')
          const waiting = redlock.acquire('a', { wait: 200 })
          await eventually(async () => expect((await redlock.inspect('a')).waiters).toBe(1))
          ear.hear(await redlock.inspect('a'))
          await ear.fails(waiting)
          await admin.set('lock:a', 'taken')
          await ear.fails(lock.extend())
          ear.hear(lock.signal.reason)
          await ear.fails(redlock.resume({ ...lock.toJSON(), expiresAt: Number.NaN }))
        },
      ],
    ])('%s', async (_, lacksCommand, play) => {
      await admin.flushAll()
      const ear = new Ear()
      const opened = await CLIENTS[name]!(lacksCommand)
      const { log } = ear
      const redlock = new Redlock({
        nodes: [ear.at(opened.node)],
        guard: false,
        logger: { debug: log, info: log, warn: log, error: log },
      })
      try {
        await play(redlock, ear)
        ear.hear(redlock.health())
      } finally {
        await redlock.close()
        await opened.node.close?.()
        await opened.end()
        ear.close()
      }
      expect(ear.secrets.size).toBeGreaterThan(0)
      const said = ear.heard.join('\n')
      for (const secret of ear.secrets) expect(said).not.toContain(secret)
    })
  },
)
