import { faults, type FaultName, type FaultOptions } from '../faults/faults.js'
import { Node } from '../fleet/node.js'
import type { Undo } from '../undo.js'
import type { FleetNode } from './fleet.js'

/** A node to which every fault of the catalogue can happen. */
export class FaultyNode extends Node implements FleetNode {
  async inject(name: FaultName, options: FaultOptions = {}): Promise<Undo> {
    const obstacle = this.cannot(name)
    if (obstacle !== undefined) throw new Error(`${this.name} cannot have the fault "${name}": ${obstacle}`)
    return this.remember(await faults[name].inject(this, options))
  }

  cannot(name: FaultName): string | undefined {
    return faults[name].obstacle?.(this)
  }

  async stepClock(ms: number): Promise<Undo> {
    return this.inject('clock step', { ms })
  }
}
