import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { endWithUs } from '../../../testing/src/fleet/end-with-us.js'

export interface Told {
  readonly event: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly [more: string]: unknown
}

/** A worker of a recipe in a process of its own. */
export class RecipeProcess {
  readonly told: Told[] = []
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
      this.told.push(JSON.parse(line) as Told)
      for (const listener of this.#listeners) listener()
    })
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
  }

  /** The first event of this name, as soon as it has happened. */
  hears(event: string): Promise<Told> {
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

  all(event: string): Told[] {
    return this.told.filter((told) => told.event === event)
  }

  /** Asks it to stop, and waits until it has ended. */
  async stop(): Promise<number | null> {
    this.#child.stdin!.end()
    return this.ended
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}
