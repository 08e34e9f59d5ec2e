import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

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
  #heard: () => void = () => undefined

  constructor(role: string, urls: readonly string[], more: object = {}) {
    const order = JSON.stringify({ role, urls, ...more })
    this.#child = spawn(
      process.execPath,
      ['--conditions', '@quorumlock/source', '--import', 'tsx', 'test/support/recipe-worker.ts', order],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    createInterface(this.#child.stdout!).on('line', (line) => {
      this.told.push(JSON.parse(line) as Told)
      this.#heard()
    })
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
  }

  /** The first event of this name, as soon as it has happened. */
  async hears(event: string): Promise<Told> {
    for (;;) {
      const found = this.all(event)[0]
      if (found !== undefined) return found
      await new Promise<void>((resolve, reject) => {
        this.#heard = resolve
        void this.ended.then((code) => reject(new Error(`The worker ended (${code}) before "${event}"`)))
      })
    }
  }

  all(event: string): Told[] {
    return this.told.filter((told) => told.event === event)
  }

  /** Asks it to stop, and waits until it has ended. */
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
