import { clockFaults, type ClockFault } from './clock-faults.js'
import { dataFaults, type DataFault } from './data-faults.js'
import type { Fault } from './fault.js'
import { networkFaults, type NetworkFault } from './network-faults.js'
import { processFaults, type ProcessFault } from './process-faults.js'
import { refusals, type Refusal } from './refusals.js'

export type { Fault, FaultGroup, FaultOptions } from './fault.js'

export type FaultName = ProcessFault | NetworkFault | Refusal | DataFault | ClockFault

/** Every fault that a node can have, by name: `node.inject('oom')`. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  ...processFaults,
  ...networkFaults,
  ...refusals,
  ...dataFaults,
  ...clockFaults,
}
