import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@quorumlock/clients'
import type { Fleet, HistoryEvent } from '@quorumlock/testing'
import type { Stage, StageWorker } from './stage.js'

/** Five real Redis servers; every worker is a process. */
export async function serversStage(folder: string, fleet: Fleet): Promise<Stage> {
  const observer = await connect(fleet.urls, { nodeTimeout: 200 })
  return {
    title: `five real Redis servers (${fleet.backend}): ${fleet.urls.join(' ')}`,
    observer,
    nodes: fleet.nodes,
    startWorker: (name, hear) => startProcess([name, folder, ...fleet.urls], hear),
    async dispose() {
      await observer.close()
      await fleet.dispose()
    },
  }
}

function startProcess(args: readonly string[], hear: (event: HistoryEvent) => void): StageWorker {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), args, {
    // Standard output of its own would tear the live view.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // Not `exit`, which may come before the last events have been read.
  const gone = once(child, 'close')
  child.on('message', (event) => hear(event as HistoryEvent))
  return {
    crash: () => child.kill('SIGKILL'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      if (child.connected) child.send('stop', () => {})
      await gone
      clearTimeout(late)
    },
  }
}
