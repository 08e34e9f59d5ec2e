import { undoAll, type Undo } from '../undo.js'
import type { Direction, Lane } from './lane.js'
import type { Condition } from './road.js'
import type { AfterLoss, Fate, Selector } from './rules.js'

export interface LossOptions extends Selector {
  /** Default: `reset`. */
  readonly then?: AfterLoss | undefined
}

type Applied = (lane: Lane) => Undo | Promise<Undo>

/** Faults of the connections of a set of lanes: all lanes of a node, including later ones, or a single lane. */
export class Network {
  readonly #lanes: () => readonly Lane[]
  readonly #inForce = new Map<Applied, Undo[]>()

  constructor(lanes: () => readonly Lane[]) {
    this.#lanes = lanes
  }

  /** The connections of a single lane. */
  static of(lane: Lane): Network {
    return new Network(() => [lane])
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.connections, 0)
  }

  /** Number of connections ever made. */
  get accepted(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.accepted, 0)
  }

  /** Bytes are held and delivered afterwards, as by TCP after a partition. */
  stall(direction: Direction = 'both'): Promise<Undo> {
    return this.impose(direction, { stalled: true })
  }

  /** Bytes are lost; connections that lost some are reset afterwards. */
  discard(direction: Direction = 'both'): Promise<Undo> {
    return this.impose(direction, { discarding: true })
  }

  impose(direction: Direction, condition: Condition): Promise<Undo> {
    return this.#apply((lane) => lane.impose(direction, condition))
  }

  /** New connections are refused; open ones are reset or kept. */
  refuse(standing: 'reset' | 'keep' = 'reset'): Promise<Undo> {
    return this.#apply((lane) => lane.refuse(standing))
  }

  /** The server forgets the open connections, unnoticed by the clients. */
  halfOpen(): Promise<Undo> {
    return this.#apply((lane) => lane.halfOpen())
  }

  /** Resets every open connection. */
  reset(): void {
    for (const lane of this.#lanes()) lane.reset()
  }

  /** Ends every open connection in an orderly way. */
  end(): void {
    for (const lane of this.#lanes()) lane.end()
  }

  /** "Lose the reply to the second EVALSHA": `loseReply({ command: 'EVALSHA', nth: 2 })`. The command is applied anyway. */
  loseReply({ then = 'reset', ...selector }: LossOptions = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'lose reply', then })
  }

  /** The command never arrives. */
  loseRequest({ then = 'reset', ...selector }: LossOptions = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'lose request', then })
  }

  /** This many bytes of the reply arrive, then a reset. */
  cutReply(bytes: number, selector: Selector = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'cut reply', bytes })
  }

  /** Sends the given reply, in RESP, to requests that the server never receives: `-LOADING …\r\n`. */
  answer(reply: string, selector: Selector = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'answer', reply })
  }

  /** Gives any fate to the selected requests. Each lane counts separately. */
  intercept(selector: Selector, fate: Fate): Promise<Undo> {
    return this.#apply((lane) => lane.intercept(selector, fate))
  }

  /** Applies the faults in force to a lane that was opened later. */
  async include(lane: Lane): Promise<void> {
    for (const [apply, undos] of this.#inForce) undos.push(await apply(lane))
  }

  async #apply(apply: Applied): Promise<Undo> {
    const undos = await Promise.all(this.#lanes().map(async (lane) => apply(lane)))
    this.#inForce.set(apply, undos)
    return () => {
      this.#inForce.delete(apply)
      return undoAll(undos)()
    }
  }
}
