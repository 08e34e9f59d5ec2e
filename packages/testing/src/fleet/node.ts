import type { FaultTarget } from '../faults/target.js'
import { Lane } from '../proxy/lane.js'
import { Network } from '../proxy/network.js'
import { once, undoAll, type Undo } from '../undo.js'
import type { BackendServer, StartOptions } from './backend.js'
import type { LatencyOptions, PartitionOptions, RestartOptions } from './options.js'
import { freePort } from './ports.js'
import { ask, RespConnection, type Login } from './resp.js'
import { until } from './until.js'

/** The lane of all clients without their own. */
const shared = ''

/** A separate Redis user, so that a fault that locks out all clients does not lock out the fleet. */
const admin: Login = { user: 'quorumlock-fleet', password: 'fleet' }

const attempts = 5

/** A server of either backend, behind its proxy. It knows no fault; `FaultyNode` does. */
export class Node implements FaultTarget {
  readonly network: Network
  readonly #lanes = new Map<string, Promise<Lane>>()
  readonly #opened: Lane[] = []
  readonly #inForce = new Set<Undo>()
  #server: BackendServer
  #main!: Lane
  #notRunning: Undo | undefined

  /** The server must be running already. The node is ready once `open()` has resolved. */
  constructor(server: BackendServer) {
    this.#server = server
    this.network = new Network(() => this.#opened)
  }

  async open(): Promise<void> {
    await this.#welcome()
    this.#main = await this.lane(shared)
  }

  get name(): string {
    return this.#server.name
  }

  get url(): string {
    return this.#main.url
  }

  get port(): number {
    return this.#main.port
  }

  get directPort(): number {
    return this.#server.port
  }

  get isRunning(): boolean {
    return this.#server.isRunning
  }

  get server(): BackendServer {
    return this.#server
  }

  async kill(): Promise<Undo> {
    return this.#down(() => this.#server.kill())
  }

  async terminate(): Promise<Undo> {
    return this.#down(() => this.#server.terminate())
  }

  async restart({ wipe = false }: RestartOptions = {}): Promise<void> {
    await this.restartWith({ wipe })
  }

  async restartWith(options: StartOptions): Promise<void> {
    await this.kill()
    await this.#server.start(options)
    await this.restartOver()
  }

  async pause(): Promise<Undo> {
    await this.#server.pause()
    return this.remember(() => this.resume())
  }

  async resume(): Promise<void> {
    if (!this.#server.isPaused) return
    await this.#server.resume()
    await this.ready()
  }

  async flush(): Promise<void> {
    await this.command('FLUSHALL')
  }

  async partition({ direction = 'both', bytes = 'stall' }: PartitionOptions = {}): Promise<Undo> {
    return this.remember(
      await (bytes === 'stall' ? this.network.stall(direction) : this.network.discard(direction)),
    )
  }

  async latency(ms: number, { jitter = 0, direction = 'replies' }: LatencyOptions = {}): Promise<Undo> {
    return this.remember(await this.network.impose(direction, { latency: ms, jitter }))
  }

  async dropReplies(): Promise<Undo> {
    return this.remember(await this.network.discard('replies'))
  }

  async heal(): Promise<void> {
    await undoAll([...this.#inForce])()
    // The server was killed from outside, or its undo failed.
    if (!this.isRunning) await this.restart()
  }

  async lane(client: string): Promise<Lane> {
    let lane = this.#lanes.get(client)
    if (lane === undefined) {
      lane = this.#openLane()
      this.#lanes.set(client, lane)
    }
    return lane
  }

  async command(...words: readonly string[]): Promise<string> {
    return ask(this.directPort, words, { login: admin, timeoutMs: 5_000 })
  }

  async commandWithin(timeoutMs: number, ...words: readonly string[]): Promise<string> {
    return ask(this.directPort, words, { login: admin, timeoutMs })
  }

  async ready(): Promise<void> {
    await until(() => this.command('PING'))
  }

  async openAdmin(): Promise<RespConnection> {
    const connection = new RespConnection(this.directPort)
    connection.unref()
    await connection.logIn(admin)
    return connection
  }

  redirect(server: BackendServer): void {
    this.#server = server
    this.network.reset()
  }

  async restartOver(): Promise<void> {
    await this.#welcome()
    await this.#lift()
  }

  close(): void {
    for (const lane of this.#opened) lane.close()
  }

  /** The fleet's own user must be created after every start, which is possible even while data is loading. */
  async #welcome(): Promise<void> {
    const { user, password } = admin
    await until(() =>
      ask(this.directPort, ['ACL', 'SETUSER', user, 'on', `>${password}`, '~*', '&*', '+@all']),
    )
  }

  async #lift(): Promise<void> {
    await this.#notRunning?.()
    this.#notRunning = undefined
  }

  async #down(end: () => Promise<void>): Promise<Undo> {
    await end()
    // A dead server refuses connections, so its proxy must do so, too.
    this.#notRunning ??= await this.network.refuse()
    return this.remember(async () => {
      if (!this.isRunning) await this.restart()
    })
  }

  /** `heal()` takes this back, too, unless it is taken back before. */
  remember(undo: Undo): Undo {
    const remembered = once(async () => {
      this.#inForce.delete(remembered)
      await undo()
    })
    this.#inForce.add(remembered)
    return remembered
  }

  async #openLane(): Promise<Lane> {
    for (let attempt = 1; ; attempt++) {
      try {
        const lane = await Lane.open(await freePort(), () => this.directPort)
        this.#opened.push(lane)
        await this.network.include(lane)
        return lane
      } catch (error) {
        // Between the check and the start, another process may have taken the port.
        if (attempt === attempts) throw error
      }
    }
  }
}
