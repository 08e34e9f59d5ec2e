export {
  claimEach,
  type ClaimEachOptions,
  type ClaimProgress,
  type ClaimReport,
  type ClaimStatus,
} from './claim-each.js'
export { memoryCounterStore, type Count, type CountChange, type CounterStore } from './counter-store.js'
export type { Task } from './job.js'
export { LeaderElection, type CampaignOptions, type LeaderElectionOptions } from './leader-election.js'
export { Leadership } from './leadership.js'
export { once, type OnceOptions, type OnceOutcome } from './once.js'
export {
  RateLimiter,
  type RateDecision,
  type RateLimiterOptions,
  type TakeOptions,
  type TakeWaitingOptions,
} from './rate-limiter.js'
export {
  redisCounterStore,
  type IoredisLike,
  type NodeRedisLike,
  type RedisCounterStoreOptions,
} from './redis-counter-store.js'
export {
  Scheduler,
  type CronOptions,
  type JobOptions,
  type SchedulerOptions,
  type StopOptions,
} from './scheduler.js'
export { singleFlight, type SingleFlightOptions } from './single-flight.js'
