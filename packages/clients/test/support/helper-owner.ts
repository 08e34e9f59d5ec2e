// Started by helpers.test.ts as a separate process. Starts one helper of each kind and waits to be killed.
import { startFleet } from '@quorumlock/testing'
import { quorumlock } from './cli.js'
import { startCluster } from './cluster.js'
import { RecipeProcess } from './recipe-process.js'
import { startSentinelGroup } from './sentinel.js'
import { startTokenProcess } from './token-process.js'

const { urls } = await startFleet({ nodes: 3, backend: 'processes' })
await Promise.all([startCluster(), startSentinelGroup()])
const env = { QUORUMLOCK_NODES: urls.join(' ') }
const stubborn = `trap '' TERM HUP INT; echo ready; while :; do sleep 0.1; done`
await quorumlock(['exec', '--ttl', '1h', 'job', '--', 'sh', '-c', stubborn], { env }).prints('ready')
await new RecipeProcess('leader', urls).first('elected')
await new Promise<void>((resolve) => {
  startTokenProcess({ urls, skew: 0, grants: 1e9, resources: 1_000 }, () => resolve())
})
console.log('ready')
setInterval(() => undefined, 60_000)
