import type { Logger, RedlockOptions } from '../../src/options.js'
import { Redlock } from '../../src/redlock.js'
import { FakeNode } from './fake-node.js'
import { ManualClock } from './manual-clock.js'
import { seededRandom } from './seeded-random.js'

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly data: object
}

/** Nodes, a clock and any number of clients. */
export class World {
  readonly clock: ManualClock = new ManualClock()
  readonly nodes: FakeNode[]
  readonly lines: LogLine[] = []
  #clients = 0

  constructor(size: number) {
    this.nodes = Array.from({ length: size }, (_, index) => new FakeNode(`n${index + 1}`, this.clock))
  }

  /**
   * Without the guard by default, so that only commands relevant to the test are sent, and to all nodes at once, so that
   * each test says what it means by all nodes.
   */
  client(options: Partial<RedlockOptions> = {}): Redlock {
    return new Redlock({
      nodes: this.nodes,
      clock: this.clock,
      random: seededRandom(++this.#clients),
      logger: this.#logger(),
      guard: false,
      spread: 'all',
      ...options,
    })
  }

  node(index: number): FakeNode {
    return this.nodes[index]!
  }

  /** Nodes that hold the lock key of the resource. */
  holders(resource: string): string[] {
    return this.nodes.filter((node) => node.holds(`lock:${resource}`) !== undefined).map(({ name }) => name)
  }

  waiters(resource: string): number {
    return this.nodes.reduce((sum, node) => sum + node.waitersOf(`lock:${resource}`).length, 0)
  }

  get commands(): number {
    return this.nodes.reduce((sum, node) => sum + node.log.length, 0)
  }

  logged(level: keyof Logger): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message)
  }

  #logger(): Logger {
    const log =
      (level: keyof Logger) =>
      (data: object, message: string): void => {
        this.lines.push({ level, message, data })
      }
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  }
}
