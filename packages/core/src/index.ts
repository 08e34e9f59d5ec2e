export {
  DeadlockError,
  LockClosedError,
  LockContendedError,
  LockLostError,
  LockMisuseError,
  QuorumLockError,
  QuorumUnavailableError,
  UnsupportedError,
  type ErrorCode,
  type ErrorDetails,
  type LossReason,
  type NodeVote,
} from './errors.js'
export { Lock } from './lock.js'
export type { LockJson } from './lock-json.js'
export type { Acquisition, ReleaseOutcome } from './lease.js'
export { NamedLock } from './named-lock.js'
export type {
  AcquireOptions,
  DeadlockDetectionOptions,
  LockOptions,
  Logger,
  RedlockOptions,
  WaitForUnlockOptions,
} from './options.js'
export type { NodeHealth } from './health.js'
export type { Inspection, NodeInspection } from './operations/inspect.js'
export { Redlock } from './redlock.js'
export type { TryUsing } from './using.js'
export {
  CHANNELS,
  type AcquireOutcome,
  type AcquireTrace,
  type ChannelPayloads,
  type DetachEvent,
  type ExtendTrace,
  type LostEvent,
  type NodeChange,
  type NodeEvent,
  type ReleaseTrace,
} from './telemetry/channels.js'
export { systemClock, type Clock, type Timer } from './clock.js'
export { systemRandom, type Random } from './random.js'
export {
  type AcquireCommand,
  type Bearer,
  type Claim,
  CLOCK_TOLERANCE,
  type Copy,
  type ExtendCommand,
  type Fence,
  type ForceCommand,
  type GreetCommand,
  type InspectCommand,
  type ListCommand,
  type MarkCommand,
  type MarkerCheck,
  type NodeCommand,
  type ReleaseCommand,
  type RepairCommand,
  type RestoreCommand,
  type TidyCommand,
  TOMBSTONE,
  type Waiter,
} from './node/commands.js'
export type { Ability, ConnectionObserver, Handed, LockNode, WakeObserver } from './node/lock-node.js'
export type {
  Failed,
  Granted,
  Greeting,
  ListedLock,
  Listing,
  MarkerSighting,
  NodeReply,
  PlantSighting,
  RefusalReason,
  Refused,
  Sighting,
  Unknown,
} from './node/replies.js'
export { channelOf, parseWakeUp, waiterOf } from './node/waiter-id.js'
export { memoryNode, type MemoryNodeOptions } from './node/memory-node.js'
export { createNodeState, execute, type Wake } from './node/node-state.js'
export type { NodeState } from './node/stored.js'
