import { memoryNode } from '@quorumlock/core'
import { lockNodeConformance } from '@quorumlock/testing'

lockNodeConformance('a memory node', () => memoryNode())
