import { systemClock, type Clock } from '../clock.js'
import { systemRandom } from '../random.js'
import type { NodeCommand } from './commands.js'
import type { LockNode, WakeObserver } from './lock-node.js'
import type { NodeReply } from './replies.js'
import { channelOf } from './waiter-id.js'
import { createNodeState, execute, type Wake } from './node-state.js'

export interface MemoryNodeOptions {
  /** Shown in votes and health. Default: `memory-1`, `memory-2`, … */
  readonly name?: string | undefined
  /** Test seam. */
  readonly clock?: Clock | undefined
}

let created = 0

/** A lock node in this process, for locks within one process, for tests and for embedded fleets. */
export function memoryNode(options: MemoryNodeOptions = {}): LockNode {
  const clock = options.clock ?? systemClock
  const name = options.name ?? `memory-${++created}`
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `Expected \`name\` of a memory node to be a non-empty string, got ${JSON.stringify(name)}`,
    )
  }
  const state = createNodeState(systemRandom.id())
  const listeners = new Map<string, Set<WakeObserver>>()

  // Epoch time that never steps, because a wall clock that is set back would keep locks beyond their TTL.
  const epoch = clock.wall() - clock.monotonic()
  const now = (): number => Math.floor(epoch + clock.monotonic())

  const wake: Wake = (waiterId, handed) => {
    const observers = listeners.get(channelOf(waiterId))
    if (observers === undefined) return false
    queueMicrotask(() => {
      for (const observer of observers) observer.message(waiterId, handed)
    })
    return true
  }

  return {
    name,
    connected: true,
    send(command: NodeCommand, answer: (reply: NodeReply) => void): void {
      const reply = execute(state, command, now(), wake)
      queueMicrotask(() => {
        answer(reply)
      })
    },
    subscribe(channel, observer) {
      const observers = listeners.get(channel) ?? new Set()
      listeners.set(channel, observers.add(observer))
      queueMicrotask(() => {
        observer.live()
      })
      return () => {
        observers.delete(observer)
        if (observers.size === 0) listeners.delete(channel)
      }
    },
  }
}
