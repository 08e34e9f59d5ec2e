import type { BackendServer, StartOptions } from './backend.js'
import { ask } from './resp.js'
import { until } from './until.js'

/** Runs commands for a container. */
export interface Runner {
  /** One compose command for the project. These run one after another, and each inspects the whole project. */
  compose(verb: string, args: string[]): Promise<void>
  /** One command of the engine for one container: an order of magnitude faster. */
  engine(verb: string, args: string[]): Promise<void>
  /** The engine's name for the container of a service. */
  idOf(service: string): Promise<string>
}

/** One service of a compose project. */
export class Container implements BackendServer {
  readonly name: string
  readonly port: number
  readonly #runner: Runner
  #id: string | undefined
  #frozen = false
  #running = true

  constructor(name: string, port: number, runner: Runner) {
    this.name = name
    this.port = port
    this.#runner = runner
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
    if (args.length > 0)
      throw new Error(`${this.name} is a container: it cannot be started with further arguments`)
    if (wipe) await this.#renew()
    else await this.#engine('start')
    if (readiness === 'serves') await this.ready()
    this.#running = true
  }

  async pause(): Promise<void> {
    await this.#engine('pause')
    this.#frozen = true
  }

  async resume(): Promise<void> {
    await this.thaw()
    await this.ready()
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return
    await this.#engine('unpause')
    this.#frozen = false
  }

  async ready(): Promise<void> {
    await until(() => ask(this.port, ['PING']))
  }

  async #engine(verb: string, ...args: string[]): Promise<void> {
    this.#id ??= await this.#runner.idOf(this.name)
    await this.#runner.engine(verb, [...args, this.#id])
  }

  /** A new container has a new volume. */
  async #renew(): Promise<void> {
    await this.#runner.compose('rm', ['--force', '--stop', '-v', this.name])
    this.#id = undefined
    await this.#runner.compose('up', ['--detach', '--no-deps', this.name])
  }

  async #endBy(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#running) return
    await this.thaw()
    await this.#engine('kill', '--signal', signal)
    // The engine reports that the signal was sent, not that the server has ended.
    await until(async () => {
      const answered = await ask(this.port, ['PING']).then(
        () => true,
        () => false,
      )
      if (answered) throw new Error(`${this.name} is still answering`)
    })
    this.#running = false
  }
}
