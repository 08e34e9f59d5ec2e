import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { endWithUs } from '../../../testing/src/fleet/end-with-us.js'

export interface WorkerEvent {
  readonly event: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly [more: string]: unknown
}

/** A worker of a recipe in a separate process. */
export class RecipeProcess {
  readonly events: WorkerEvent[] = []
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  readonly #listeners = new Set<() => void>()

  constructor(role: string, urls: readonly string[], more: object = {}) {
    const order = JSON.stringify({ role, urls, ...more })
    this.#child = endWithUs(
      spawn(
        process.execPath,
        ['--conditions', '@quorumlock/source', '--import', 'tsx', 'test/support/recipe-worker.ts', order],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      ),
    )
    createInterface(this.#child.stdout!).on('line', (line) => {
      this.events.push(JSON.parse(line) as WorkerEvent)
      for (const listener of this.#listeners) listener()
    })
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
  }

  /** The first event of this name, as soon as it has happened. */
  first(event: string): Promise<WorkerEvent> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const [found] = this.all(event)
        if (found === undefined) return
        this.#listeners.delete(look)
        resolve(found)
      }
      this.#listeners.add(look)
      look()
      void this.ended.then((code) => reject(new Error(`The worker ended (${code}) before "${event}"`)))
    })
  }

  all(event: string): WorkerEvent[] {
    return this.events.filter((one) => one.event === event)
  }

  /** Requests a clean stop, and waits until the process has ended. */
  async stop(): Promise<number | null> {
    this.#child.stdin!.end()
    return this.ended
  }

  /** Lets a process that stopped itself continue. */
  continue(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}
