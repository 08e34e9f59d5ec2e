import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { recordHistory, type HistoryEvent } from '../history/history.js'
import type { OpenLocks } from './adapter.js'
import { work } from './loop.js'
import type { ClientTask, FromClient, ToClient } from './messages.js'

/** A client at work. */
export interface RunningClient {
  /** Ends it in an orderly way. Resolves with complaints about leftovers. */
  stop(): Promise<readonly string[]>
  kill(): void
}

/** Receives what a client reports. */
export interface ClientListener {
  readonly events: (events: readonly HistoryEvent[]) => void
  readonly unhandled: (error: string) => void
}

const closesWithin = 60_000
const endsWithin = 10_000

export async function startProcess(task: ClientTask, listener: ClientListener): Promise<RunningClient> {
  const child = forkClient()
  child.on('message', (message: FromClient) => {
    if (message.kind === 'events') listener.events(message.events)
    if (message.kind === 'unhandled') listener.unhandled(message.error)
  })
  await exchange(child, 'ready', { kind: 'start', task })
  return {
    stop: async () => {
      const ended = once(child, 'exit').then(() => true)
      await Promise.race([exchange(child, 'closed', { kind: 'stop' }), within(closesWithin)])
      if (await Promise.race([ended, within(endsWithin)])) return []
      return [`${task.client} was still running ${endsWithin} ms after it had closed its locks`]
    },
    kill: () => child.kill('SIGKILL'),
  }
}

export async function startInline(task: ClientTask, listener: ClientListener): Promise<RunningClient> {
  const { openLocks } = (await import(task.adapter)) as { openLocks: OpenLocks }
  const locks = await openLocks(task)
  const stop = new AbortController()
  const recorder = recordHistory(task.client, (event) => listener.events([event]))
  const working = work(task, locks, recorder, stop.signal)
  return {
    stop: async () => {
      stop.abort()
      await working
      await locks.close()
      return []
    },
    kill: () => stop.abort(),
  }
}

function forkClient(): ChildProcess {
  const isSource = fileURLToPath(import.meta.url).endsWith('.ts')
  const file = new URL(isSource ? './client-main.ts' : './client-main.js', import.meta.url)
  return fork(fileURLToPath(file), [], {
    execArgv: isSource ? ['--conditions', '@quorumlock/source', '--import', 'tsx'] : [],
    // Options of a test runner must not reach it.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

/** Sends a message and waits for the reply. Rejects if the client ends first. */
function exchange(child: ChildProcess, kind: FromClient['kind'], message: ToClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`A client process ended with ${code ?? 'a signal'} before it was ${kind}`))
    // Not `exit`, which may come before the last messages have been read.
    child.once('close', ended)
    child.on('message', (reply: FromClient) => {
      if (reply.kind === 'unhandled' && kind === 'ready') reject(new Error(reply.error))
      if (reply.kind !== kind) return
      child.off('close', ended)
      resolve()
    })
    child.send(message)
  })
}

function within(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref())
}
