// A separate process that acquires and releases locks until it gets the `stop` message, and reports what it observes.
import { recordHistory, type HistoryEvent } from '../history/history.js'
import type { LockAdapter, OpenLocks } from './adapter.js'
import { work } from './loop.js'
import type { ClientTask, FromClient, ToClient } from './messages.js'

const batchMs = 100
const send = (message: FromClient): void => void process.send?.(message)
/** Resolves once the message, and all earlier ones, have left this process. */
const sent = (message: FromClient): Promise<void> =>
  new Promise((resolve) => void process.send?.(message, () => resolve()))

process.on('unhandledRejection', (reason) => send({ kind: 'unhandled', error: String(reason) }))
process.on('uncaughtException', (error) => send({ kind: 'unhandled', error: String(error.stack) }))

const stop = new AbortController()
process.on('message', (message: ToClient) => {
  if (message.kind === 'stop') stop.abort()
  else void run(message.task)
})
// The parent process is gone.
process.on('disconnect', () => process.exit(1))

async function run(task: ClientTask): Promise<void> {
  const { openLocks } = (await import(task.adapter)) as { openLocks: OpenLocks }
  const locks: LockAdapter = await openLocks({ urls: task.urls, client: task.client, ttl: task.ttl })
  let batch: HistoryEvent[] = []
  const flush = (): void => {
    if (batch.length > 0) send({ kind: 'events', events: batch })
    batch = []
  }
  const flushing = setInterval(flush, batchMs)
  send({ kind: 'ready' })
  await work(
    task,
    locks,
    recordHistory(task.client, (event) => batch.push(event)),
    stop.signal,
  )
  await locks.close()
  clearInterval(flushing)
  flush()
  // Messages in flight are lost when the channel closes.
  await sent({ kind: 'closed' })
  // From here on, only leftovers of the library keep this process alive.
  process.removeAllListeners('disconnect')
  process.removeAllListeners('message')
  process.disconnect()
}
