import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from '@quorumlock/clients'
import type { Fleet } from '@quorumlock/testing'
import type { WorkerEvent } from './events.js'
import type { Stage, StageWorker } from './stage.js'

/** Five real Redis servers; every worker is a process of its own. */
export async function serversStage(fleet: Fleet): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-demo-'))
  const observer = await connect(fleet.urls, { nodeTimeout: 200 })
  return {
    title: `five real Redis servers (${fleet.backend}): ${fleet.urls.join(' ')}`,
    observer,
    nodes: fleet.nodes.map((node) => ({
      name: node.name,
      kill: async () => {
        await node.kill()
      },
      restart: () => node.restart(),
      freeze: async () => {
        await node.pause()
      },
      thaw: () => node.resume(),
    })),
    startWorker: (_name, hear) => startProcess([folder, ...fleet.urls], hear),
    async dispose() {
      await observer.close()
      await fleet.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startProcess(args: readonly string[], hear: (event: WorkerEvent) => void): StageWorker {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), args, {
    // Its own standard output would tear the live view.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit')
  let crashed = false
  child.on('message', (event) => crashed || hear(event as WorkerEvent))
  return {
    crash() {
      crashed = true
      child.kill('SIGKILL')
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      if (child.connected) child.send('stop', () => {})
      await gone
      clearTimeout(late)
    },
  }
}
