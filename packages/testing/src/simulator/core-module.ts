import type * as core from '@quorumlock/core'

/** What the simulator runs: the core that ships, or a copy of it with a planted fault. */
export type CoreModule = Pick<typeof core, 'Redlock' | 'createNodeState' | 'execute' | 'channelOf'>
