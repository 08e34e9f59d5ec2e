import { deepStrictEqual } from 'node:assert/strict'
import {
  execute,
  createNodeState,
  type Handed,
  type ListedLock,
  type LockNode,
  type NodeReply,
  type NodeState,
} from '@quorumlock/core'
import { askOne, ask, freshKeys, freshValue, within } from './subject.js'
import { SHORT, STAMP, listOf, type Step, type World } from './sequences.js'

/** Difference between the clock that a server reports and the one by which keys expire, on a busy machine, milliseconds. */
const CLOCK_BLUR = 40
/** Closer than this to an expiry, the node and the model may legitimately differ. */
const TOO_CLOSE = 30

export type Outcome = 'same' | 'too close to call'

/** What a sequence has left behind, though no reply to it may have shown that. */
const LOOK: Step = {
  kind: 'commands',
  commands: [
    ({ marker }) => ({ kind: 'greet', marker }),
    ({ keys }) => ({ kind: 'inspect', keys }),
    ({ keys }) => ({ kind: 'extend', keys, value: 'nobody', ttl: 1 }),
    listOf(STAMP),
  ],
}

/**
 * Sends a sequence to a node and to the executable specification, which is given the node's own clock, and fails at the
 * first difference in a reply, or in the wake-ups of the whole sequence.
 */
export async function compareWithSpecification(node: LockNode, steps: readonly Step[]): Promise<Outcome> {
  const world = await discover(node)
  const model = createNodeState(world.run)
  const expected: string[] = []
  const ear = await listen(node, world.channel)
  try {
    for (const step of [...steps, LOOK]) {
      if (step.kind === 'pause') {
        await pass(node, SHORT + TOO_CLOSE)
        continue
      }
      const expiries = await expiriesOn(node, world.keys)
      const commands = step.commands.map((make) => make({ ...world, expiries }))
      if (commands.some(({ kind }) => kind === 'tidy') && isBlurred(model, expiries))
        return 'too close to call'
      const replies = await ask(node, ...commands)
      for (const [index, command] of commands.entries()) {
        const reply = replies[index] as NodeReply
        // Not every reply contains the time; the next one of the same moment does.
        const now = clockIn(reply) ?? clockOf(await askOne(node, { kind: 'greet' }))
        if (isTooClose(model, now)) return 'too close to call'
        const modelled = execute(model, command, now, (id, handed) => {
          expected.push(shownWakeUp(id, handed))
          return true
        })
        assertSame(reply, modelled, `${node.name} on ${JSON.stringify(command)}`)
      }
    }
    deepStrictEqual(await ear.messages(), expected, `wake-ups by ${node.name}`)
    return 'same'
  } finally {
    ear.close()
  }
}

async function discover(node: LockNode): Promise<World> {
  const [marker = '', ...keys] = freshKeys(4)
  const prefix = marker.slice(0, marker.lastIndexOf(':') + 1)
  const hello = await askOne(node, { kind: 'greet', marker })
  if (hello.vote !== 'granted' || hello.greeting === undefined) {
    throw new Error(`${node.name} did not reply with a greeting: ${JSON.stringify(hello)}`)
  }
  const channel = `conformance:${freshValue()}`
  const { run } = hello.greeting
  return { keys, prefix, expiries: new Map(), marker, run, now: clockOf(hello), channel }
}

/** By the node's own clock. */
async function expiriesOn(node: LockNode, keys: readonly string[]): Promise<Map<string, number>> {
  const reply = await askOne(node, { kind: 'inspect', keys })
  const sightings = (reply.vote === 'granted' && reply.sightings) || []
  const now = clockOf(reply)
  return new Map(
    sightings.flatMap(({ key, remaining }) => (remaining === null ? [] : [[key, now + remaining]])),
  )
}

/** Whether the node has read its clock so late that model and node would compare a time differently. */
function isBlurred(model: NodeState, expiries: ReadonlyMap<string, number>): boolean {
  return [...expiries].some(([key, expiry]) => {
    const modelled = model.locks.get(key)?.expiresAt ?? expiry
    return Math.abs(modelled - expiry) > 1
  })
}

/** Waits until the node's own clock has moved on. */
async function pass(node: LockNode, milliseconds: number): Promise<void> {
  const start = clockOf(await askOne(node, { kind: 'greet' }))
  while (clockOf(await askOne(node, { kind: 'greet' })) < start + milliseconds);
}

function clockIn(reply: NodeReply): number | undefined {
  return reply.vote === 'granted' || reply.vote === 'refused' ? reply.clock : undefined
}

function clockOf(reply: NodeReply): number {
  const clock = clockIn(reply)
  if (clock !== undefined) return clock
  throw new Error(`Expected a reply with a clock, got ${JSON.stringify(reply)}`)
}

function isTooClose(model: NodeState, now: number): boolean {
  const ends = [
    ...[...model.locks.values()].map((lock) => lock.expiresAt),
    ...[...model.counters.values()].map((counter) => counter.expiresAt),
    ...[...model.queues.values()].flatMap((places) => places.map((place) => place.deadline)),
    ...[...model.bearers.values()].map((borne) => borne.expiresAt),
    ...[...model.markers.values()].map((marker) => marker.quarantinedUntil ?? -Infinity),
    ...[...model.plants.values()].map(({ until }) => until),
    ...[...model.markers.values()].map((marker) => marker.claim?.until ?? -Infinity),
  ]
  return ends.some((end) => Math.abs(end - now) <= TOO_CLOSE)
}

function assertSame(actual: NodeReply, expected: NodeReply, what: string): void {
  const times: number[] = []
  const blurred = (reply: NodeReply): unknown => {
    const blurOne = (value: unknown): unknown =>
      typeof value === 'number' ? blur(value, times, reply === actual) : value
    return JSON.parse(
      JSON.stringify(inOrder(reply), (name, value: unknown) => {
        if (name === 'clock') return undefined
        if (!TIMES.has(name)) return value
        return Array.isArray(value) ? value.map(blurOne) : blurOne(value)
      }),
    )
  }
  const want = blurred(expected)
  deepStrictEqual(blurred(actual), want, what)
}

/** A node may list its locks in any order, and some of them twice. */
function inOrder(reply: NodeReply): NodeReply {
  if (reply.vote !== 'granted' || reply.listing === undefined) return reply
  const byKey = new Map(reply.listing.locks.map((lock) => [lock.key, lock]))
  const locks = [...byKey.keys()].sort().map((key) => byKey.get(key) as ListedLock)
  return { ...reply, listing: { ...reply.listing, locks } }
}

const TIMES: ReadonlySet<string> = new Set(['remaining', 'quarantine', 'lives'])

/** Times in the expected reply are recorded in order; those of the actual reply are equal to them if they are close. */
function blur(value: number, times: number[], isActual: boolean): number {
  if (!isActual) {
    times.push(value)
    return value
  }
  const expected = times.shift()
  return expected !== undefined && Math.abs(expected - value) <= CLOCK_BLUR ? expected : value
}

function shownWakeUp(id: string, handed: Handed | undefined): string {
  return handed === undefined
    ? id
    : `${id} has it for ${handed.remaining} ms until ${handed.deadline} under ${handed.stamp}`
}

interface Ear {
  /** All messages so far. */
  messages(): Promise<string[]>
  close(): void
}

async function listen(node: LockNode, channel: string): Promise<Ear> {
  const messages: string[] = []
  const last = `${channel}#last`
  let close = (): void => undefined
  let lastHeard = (): void => undefined
  const end = new Promise<void>((resolve) => {
    lastHeard = resolve
  })
  await within(
    new Promise<void>((resolve) => {
      close =
        node.subscribe?.(channel, {
          live: resolve,
          message: (id, handed) => {
            if (id === last) lastHeard()
            else messages.push(shownWakeUp(id, handed))
          },
        }) ?? close
    }),
    `a subscription at ${node.name}`,
  )
  return {
    close,
    async messages() {
      // Messages arrive in order, so none follows that of the last waiter.
      const keys = freshKeys(1)
      const waiter = { id: last, at: 0, age: 0, life: 10_000 }
      await ask(
        node,
        { kind: 'acquire', keys, value: 'holder', ttl: 10_000, queue: 'ignore' },
        { kind: 'acquire', keys, value: 'waiter', ttl: 10_000, queue: waiter },
        { kind: 'release', keys, value: 'holder' },
      )
      await within(end, `the last wake-up by ${node.name}`)
      return messages
    },
  }
}
