import type { Incident } from '../src/nemesis/nemesis.js'
import { now } from './events.js'
import type { StageNode } from './stage.js'

interface Trouble {
  readonly fault: Incident['fault']
  readonly node: string
  readonly from: number
  to?: number
}

/** Notes what happens to the nodes, and for how long. */
export class Troubles {
  readonly #all: Trouble[] = []

  watch(nodes: readonly StageNode[]): StageNode[] {
    return nodes.map((node) => ({
      name: node.name,
      kill: () => this.#begin('crash', node.name, node.kill()),
      restart: () => this.#end(node.name, node.restart()),
      freeze: () => this.#begin('freeze', node.name, node.freeze()),
      thaw: () => this.#end(node.name, node.thaw()),
    }))
  }

  /** What is still going on ends there. */
  until(end: number): readonly Incident[] {
    return this.#all.map(({ fault, node, from, to = end }) => ({ fault, nodes: [node], from, to }))
  }

  async #begin(fault: Trouble['fault'], node: string, change: Promise<void>): Promise<void> {
    this.#all.push({ fault, node, from: now() })
    await change
  }

  async #end(node: string, change: Promise<void>): Promise<void> {
    await change
    const open = this.#all.find((trouble) => trouble.node === node && trouble.to === undefined)
    if (open !== undefined) open.to = now()
  }
}
