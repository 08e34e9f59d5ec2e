import { undoAll, type Undo } from '../undo.js'
import type { Fleet, FleetNode } from '../faulty-fleet/fleet.js'
import { machineNow } from '../history/history.js'
import { schedule, type ScheduleOptions, type Step } from './schedule.js'

/** A fault that was in force on some nodes, on the machine's clock. */
export interface Incident {
  readonly fault: Step['fault']
  readonly nodes: readonly string[]
  readonly from: number
  readonly to: number
}

export interface NemesisOptions extends Omit<ScheduleOptions, 'nodes'> {
  readonly fleet: Fleet
  /** Names of the clients that have their own lanes, which the ring requires. */
  readonly clients?: readonly string[] | undefined
  readonly onIncident?: ((incident: Incident) => void) | undefined
}

/** Runs a schedule of faults until it is stopped; stopping heals everything. */
export class Nemesis {
  readonly incidents: Incident[] = []
  /** Faults that this fleet cannot have, with the reason; shown in every report. */
  readonly skipped: Map<string, string> = new Map()
  readonly #options: NemesisOptions
  readonly #stopped = new AbortController()
  readonly #run: Promise<void>

  constructor(options: NemesisOptions) {
    this.#options = options
    this.#run = this.#go()
    this.#run.catch(() => undefined)
  }

  /** Undoes the last fault. Resolves with the time since which the fleet has been healthy. */
  async stop(): Promise<number> {
    this.#stopped.abort()
    await this.#run
    await this.#options.fleet.heal()
    return machineNow()
  }

  async #go(): Promise<void> {
    const { fleet } = this.#options
    for (const step of schedule({ ...this.#options, nodes: fleet.nodes.length })) {
      await this.#pause(step.after)
      if (this.#stopped.signal.aborted) return
      await this.#take(step)
    }
  }

  async #take(step: Step): Promise<void> {
    const nodes = step.nodes.map((index) => this.#options.fleet.nodes[index] as FleetNode)
    const { fault } = step
    const obstacle = fault === 'majorities ring' ? undefined : nodes[0]?.cannot(fault)
    if (obstacle !== undefined) {
      this.skipped.set(fault, obstacle)
      return
    }
    const from = machineNow()
    const undo =
      fault === 'majorities ring'
        ? await this.#ring()
        : undoAll(await Promise.all(nodes.map((node) => node.inject(fault, step.options))))
    await this.#pause(step.lasting)
    await undo()
    const incident = { fault, nodes: nodes.map(({ name }) => name), from, to: machineNow() }
    this.incidents.push(incident)
    this.#options.onIncident?.(incident)
    await this.#pause(step.settling)
  }

  /** Each client reaches the majority that begins at its place in the circle. */
  async #ring(): Promise<Undo> {
    const { fleet, clients = [] } = this.#options
    const total = fleet.nodes.length
    const majority = Math.floor(total / 2) + 1
    const undos: Undo[] = []
    for (const [place, client] of clients.entries()) {
      for (let step = majority; step < total; step++) {
        const lane = await (fleet.nodes[(place + step) % total] as FleetNode).lane(client)
        undos.push(lane.impose('both', { stalled: true }))
      }
    }
    return undoAll(undos)
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal.addEventListener('abort', wake)
    })
  }
}
