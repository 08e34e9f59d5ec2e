export { connect } from './connect/connect.js'
export type { NodeConfig } from './connect/node-config.js'
export type { ConnectOptions } from './connect/options.js'
export { daprNode } from './dapr/dapr-node.js'
export type { DaprNodeOptions } from './dapr/options.js'
export { ioredisNode, type IoredisClient, type IoredisCluster } from './redis/ioredis.js'
export { nodeRedisNode, type RedisNodeOptions } from './redis/node-redis.js'
export type {
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  SubscribingClient,
} from './redis/node-redis-clients.js'
export {
  fencedSet,
  fencedWrite,
  type FencedWrite,
  type FencedWriteOptions,
  type FencingClient,
} from './fencing/fenced-write.js'
export type { GuardedCommand } from './fencing/guarded-command.js'
export { doctor, type DoctorOptions, type DoctorTarget } from './doctor/doctor.js'
export { formatDoctorReport } from './doctor/format.js'
export type {
  DoctorReport,
  Finding,
  FindingCode,
  NodeReport,
  RoundTrip,
  Severity,
} from './doctor/report.js'
