export type { Fleet, FleetNode } from './faulty-fleet/fleet.js'
export type {
  FleetBackend,
  FleetOptions,
  LatencyOptions,
  PartitionOptions,
  RestartOptions,
} from './fleet/options.js'
export { startFleet } from './faulty-fleet/start-fleet.js'
export { faults, type Fault, type FaultGroup, type FaultName, type FaultOptions } from './faults/faults.js'
export type { Direction, Lane } from './proxy/lane.js'
export { Network, type LossOptions } from './proxy/network.js'
export type { Condition } from './proxy/road.js'
export type { AfterLoss, Fate, Selector } from './proxy/rules.js'
export type { Undo } from './undo.js'
export type { TestRunner } from './conformance/runner.js'
export type { Subject } from './conformance/subject.js'
export { lockNodeConformance, type ConformanceOptions } from './conformance/suite.js'
export {
  checkLiveness,
  checkLostUpdates,
  checkMutualExclusion,
  checkTokens,
  type LivenessOptions,
} from './history/checks.js'
export {
  machineNow,
  recordHistory,
  type History,
  type HistoryEvent,
  type Recorder,
} from './history/history.js'
export type { Verdict } from './history/verdict.js'
export { Nemesis, type Incident, type NemesisOptions } from './nemesis/nemesis.js'
export { defaultFaults, schedule, type ScheduleOptions, type Step, type Target } from './nemesis/schedule.js'
export type { AdapterLock, AdapterOptions, LockAdapter, OpenLocks } from './workload/adapter.js'
export { checkResidue, type ResidueOptions } from './workload/residue.js'
export { runWorkload, type WorkloadOptions, type WorkloadResult } from './workload/run-workload.js'
export { checkFencedMutex } from './history/fenced-mutex.js'
export { checkLinearizability, type Operation } from './history/linearizability.js'
export type { CoreModule } from './simulator/core-module.js'
export type {
  Edge,
  SimulatedFault,
  Feature,
  Plan,
  PlanChanges,
  UnsafeWorld,
  World,
} from './simulator/plan.js'
export { reduce, replayCommand, type Reduction } from './simulator/reduce.js'
export { simulate, type SimulationOptions, type SimulationReport } from './simulator/simulate.js'
export type { Violation, ViolationKind } from './simulator/violation.js'
export { renderReport } from './report/report.js'
