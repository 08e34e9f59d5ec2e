// A process of its own: takes and gives back locks until it is told to stop, and tells what it sees.
import { recordHistory, type HistoryEvent } from '../history/history.js'
import type { LockAdapter, OpenLocks } from './adapter.js'
import { work } from './loop.js'
import type { ClientTask, FromClient, ToClient } from './messages.js'

const batchMs = 100
const tell = (message: FromClient): void => void process.send?.(message)
/** Resolves once the message, and with it all before it, has left this process. */
const told = (message: FromClient): Promise<void> =>
  new Promise((resolve) => void process.send?.(message, () => resolve()))

process.on('unhandledRejection', (reason) => tell({ kind: 'unhandled', error: String(reason) }))
process.on('uncaughtException', (error) => tell({ kind: 'unhandled', error: String(error.stack) }))

const stop = new AbortController()
process.on('message', (message: ToClient) => {
  if (message.kind === 'stop') stop.abort()
  else void run(message.task)
})
// Whoever started us is gone: nobody listens any more.
process.on('disconnect', () => process.exit(1))

async function run(task: ClientTask): Promise<void> {
  const { openLocks } = (await import(task.adapter)) as { openLocks: OpenLocks }
  const locks: LockAdapter = await openLocks({ urls: task.urls, client: task.client, ttl: task.ttl })
  let batch: HistoryEvent[] = []
  const flush = (): void => {
    if (batch.length > 0) tell({ kind: 'events', events: batch })
    batch = []
  }
  const flushing = setInterval(flush, batchMs)
  tell({ kind: 'ready' })
  await work(
    task,
    locks,
    recordHistory(task.client, (event) => batch.push(event)),
    stop.signal,
  )
  await locks.close()
  clearInterval(flushing)
  flush()
  // What is still on its way when the channel is closed never arrives.
  await told({ kind: 'closed' })
  // From here on only what the library left behind keeps this process alive.
  process.removeAllListeners('disconnect')
  process.removeAllListeners('message')
  process.disconnect()
}
