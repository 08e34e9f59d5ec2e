// Run as a separate process by end-with-us.test.ts: starts one helper process of each kind and waits to be killed.
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { endWithUs } from '../../src/fleet/end-with-us.js'
import { startProcess } from '../../src/workload/running-client.js'

const deafAndBusy = "process.on('SIGTERM', () => {}); console.log('ready'); for (;;);"
const withChildren = 'trap "" TERM HUP INT; sleep 300 & echo ready; sleep 300'
const helpers = [
  endWithUs(spawn(process.execPath, ['-e', deafAndBusy])),
  endWithUs(spawn('/bin/sh', ['-c', withChildren], { detached: true }), 'its group'),
]
await Promise.all(helpers.map(({ stdout }) => new Promise((resolve) => stdout.once('data', resolve))))
await startProcess(
  {
    client: 'client-1',
    urls: [],
    ttl: 1_000,
    resources: ['orders'],
    folder: tmpdir(),
    seed: 1,
    section: 1,
    pause: 1,
    adapter: new URL('./many-last-words.ts', import.meta.url).href,
  },
  { events: () => undefined, unhandled: () => undefined },
)
console.log('ready')
setInterval(() => undefined, 60_000)
