import type { BackendServer, StartOptions } from './backend.js'
import { ask } from './resp.js'
import { until } from './until.js'

/** Runs one compose command for the project. */
export type Compose = (verb: string, args: string[]) => Promise<void>

/** One service of a compose project. */
export class Container implements BackendServer {
  readonly name: string
  readonly port: number
  readonly #compose: Compose
  #frozen = false
  #running = true

  constructor(name: string, port: number, compose: Compose) {
    this.name = name
    this.port = port
    this.#compose = compose
  }

  get isRunning(): boolean {
    return this.#running
  }

  get isPaused(): boolean {
    return this.#frozen
  }

  async kill(): Promise<void> {
    await this.#endBy('SIGKILL')
  }

  async terminate(): Promise<void> {
    await this.#endBy('SIGTERM')
  }

  async start({ wipe = false, args = [], until: readiness = 'serves' }: StartOptions = {}): Promise<void> {
    if (args.length > 0) throw new Error(`${this.name} is a container: its arguments are those of the file`)
    // A new container has a new volume.
    if (wipe) await this.#compose('rm', ['--force', '--stop', '-v', this.name])
    await this.#compose('up', ['--detach', '--no-deps', this.name])
    if (readiness === 'serves') await this.ready()
    this.#running = true
  }

  async pause(): Promise<void> {
    await this.#compose('pause', [this.name])
    this.#frozen = true
  }

  async resume(): Promise<void> {
    await this.thaw()
    await this.ready()
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return
    await this.#compose('unpause', [this.name])
    this.#frozen = false
  }

  async ready(): Promise<void> {
    await until(() => ask(this.port, ['PING']))
  }

  async #endBy(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#running) return
    await this.thaw()
    await this.#compose('kill', ['-s', signal, this.name])
    // The engine reports the signal as sent, not the end.
    await until(async () => {
      const answered = await ask(this.port, ['PING']).then(
        () => true,
        () => false,
      )
      if (answered) throw new Error(`${this.name} still answers`)
    })
    this.#running = false
  }
}
