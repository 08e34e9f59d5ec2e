import { undoAll, type Undo } from '../undo.js'
import type { Direction, Lane } from './lane.js'
import type { Condition } from './road.js'
import type { AfterLoss, Fate, Selector } from './rules.js'

export interface LossOptions extends Selector {
  /** Default: `reset`. */
  readonly then?: AfterLoss | undefined
}

type Applied = (lane: Lane) => Undo | Promise<Undo>

/** Faults of the connections of a set of lanes: all those of a node, including lanes that are opened later, or one. */
export class Network {
  readonly #lanes: () => readonly Lane[]
  readonly #inForce = new Map<Applied, Undo[]>()

  constructor(lanes: () => readonly Lane[]) {
    this.#lanes = lanes
  }

  /** The connections of one lane alone. */
  static of(lane: Lane): Network {
    return new Network(() => [lane])
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.connections, 0)
  }

  /** Connections that were ever made. */
  get accepted(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.accepted, 0)
  }

  /** Bytes are held and delivered afterwards, as TCP does after a partition. */
  stall(direction: Direction = 'both'): Promise<Undo> {
    return this.impose(direction, { stalled: true })
  }

  /** Bytes are lost; the connections that lost some are reset afterwards. */
  discard(direction: Direction = 'both'): Promise<Undo> {
    return this.impose(direction, { discarding: true })
  }

  impose(direction: Direction, condition: Condition): Promise<Undo> {
    return this.#apply((lane) => lane.impose(direction, condition))
  }

  /** New connections are refused; those that stand are reset, or kept. */
  refuse(standing: 'reset' | 'keep' = 'reset'): Promise<Undo> {
    return this.#apply((lane) => lane.refuse(standing))
  }

  /** The server forgets the connections that stand; the clients do not learn of it. */
  halfOpen(): Promise<Undo> {
    return this.#apply((lane) => lane.halfOpen())
  }

  /** Resets every connection that stands. */
  reset(): void {
    for (const lane of this.#lanes()) lane.reset()
  }

  /** Ends every connection that stands, in an orderly way. */
  end(): void {
    for (const lane of this.#lanes()) lane.end()
  }

  /** "Lose the reply to the second EVALSHA": `loseReply({ command: 'EVALSHA', nth: 2 })`. It is applied all the same. */
  loseReply({ then = 'reset', ...selector }: LossOptions = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'lose reply', then })
  }

  /** The command never arrives. */
  loseRequest({ then = 'reset', ...selector }: LossOptions = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'lose request', then })
  }

  /** So many bytes of the reply arrive, then a reset. */
  cutReply(bytes: number, selector: Selector = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'cut reply', bytes })
  }

  /** A reply of your own, in RESP, to requests that the server never sees: `-LOADING …\r\n`. */
  answer(reply: string, selector: Selector = {}): Promise<Undo> {
    return this.intercept(selector, { kind: 'answer', reply })
  }

  /** Gives the requests that are selected, each lane counting by itself, any fate. */
  intercept(selector: Selector, fate: Fate): Promise<Undo> {
    return this.#apply((lane) => lane.intercept(selector, fate))
  }

  /** A lane that was opened while faults are in force is subject to them, too. */
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
