import type { NodeCommand, NodeReply } from '@quorumlock/core'
import { Parcel } from './pipe.js'

/** The connection that an exchange travels over, once it has been sent. */
interface Carrier {
  readonly isAbandoned: boolean
  readonly server: { receive(exchange: Exchange): void }
  respond(exchange: Exchange): void
  replied(exchange: Exchange, reply: NodeReply): void
}

/** One command on its way to the server, and then its reply on the way back. */
export class Exchange extends Parcel {
  connection: Carrier | undefined
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

  /** Over a connection that its client has abandoned. */
  get isLate(): boolean {
    return this.connection?.isAbandoned === true
  }

  respond(reply: NodeReply): void {
    this.#reply = reply
    this.connection?.respond(this)
  }
}
