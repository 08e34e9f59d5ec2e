import type { Fleet, FleetNode } from '@quorumlock/testing'
import type { Entry } from '../contenders/contender.js'
import { field, quickField, uncontendedField } from '../contenders/field.js'
import { Worker } from '../worker/crew.js'

/** What all scenarios of a run share: the servers, one process per contender, and whether the run is a quick one. */
export class Context {
  readonly fleet: Fleet
  readonly quick: boolean
  readonly log: (line: string) => void
  readonly #workers = new Map<string, Worker>()

  constructor(fleet: Fleet, quick: boolean, log: (line: string) => void) {
    this.fleet = fleet
    this.quick = quick
    this.log = log
  }

  /** Direct connections, because the proxies would be measured too. */
  get urls(): readonly string[] {
    return this.fleet.nodes.map(directUrl)
  }

  get field(): readonly Entry[] {
    return this.quick ? quickField : field
  }

  get uncontendedField(): readonly Entry[] {
    return this.quick ? quickField : uncontendedField
  }

  async worker(entry: Entry): Promise<Worker> {
    let worker = this.#workers.get(entry.name)
    if (worker === undefined) {
      worker = await Worker.start(entry, this.urls)
      this.#workers.set(entry.name, worker)
    }
    return worker
  }

  /** A contender that hangs, or has seen faults, must not influence the next scenario. */
  discard(entry: Entry): void {
    this.#workers.get(entry.name)?.kill()
    this.#workers.delete(entry.name)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()))
  }
}

export function directUrl(node: FleetNode): string {
  return `redis://127.0.0.1:${node.directPort}`
}
