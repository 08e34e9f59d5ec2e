import type { NodeCommand, NodeReply } from '@quorumlock/core'
import type { Connection } from './connection.js'
import { Parcel } from './pipe.js'

/** One command on its way to the server, and then its reply on the way back. */
export class Exchange extends Parcel {
  connection: Connection | undefined
  #reply: NodeReply | undefined

  constructor(
    readonly command: NodeCommand,
    readonly answer: (reply: NodeReply) => void,
  ) {
    super()
  }

  override deliver(): void {
    if (this.#reply === undefined) this.connection?.server.receive(this)
    else this.connection?.replied(this, this.#reply)
  }

  /** Over a connection that its client has given up. */
  get isLate(): boolean {
    return this.connection?.isAbandoned === true
  }

  respond(reply: NodeReply): void {
    this.#reply = reply
    this.connection?.respond(this)
  }
}
