import { connect, type Socket } from 'node:net'
import { encode } from '../../src/fleet/resp.js'
import { patienceMs } from '../../src/fleet/until.js'
import { Scanner } from '../../src/proxy/scanner.js'

/** A connection that stays open, like that of a client, and exposes everything that happens to it. */
export class Wire {
  readonly #socket: Socket
  readonly #scanner = new Scanner()
  readonly #waiting: { resolve(reply: string): void; reject(error: Error): void }[] = []
  #received = ''
  #end: string | undefined
  readonly ended: Promise<string>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.ended = new Promise((resolve) => {
      let reason = 'closed'
      socket.on('error', (error: NodeJS.ErrnoException) => {
        reason = error.code ?? error.message
      })
      socket.on('close', () => {
        this.#end = reason
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(reason))
        resolve(reason)
      })
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new Wire(socket)
  }

  /** Received data that is not a complete reply. */
  get rest(): string {
    return this.#received
  }

  /** Resolves with the raw reply, including its frame. */
  send(...words: readonly string[]): Promise<string> {
    if (this.#end !== undefined) return Promise.reject(new Error(this.#end))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(encode(words))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    let at = 0
    for (const { end } of this.#scanner.feed(chunk)) {
      const reply = this.#received + chunk.toString('latin1', at, end)
      this.#received = ''
      at = end
      this.#waiting.shift()?.resolve(reply)
    }
    this.#received += chunk.toString('latin1', at)
  }
}

/** How long to wait where no reply may arrive, milliseconds. */
export const quietMs = 60

/** The reply, or the reason why none can arrive; `'silence'` if nothing arrives within the time. */
export async function outcome(reply: Promise<string>, withinMs: number = patienceMs): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('silence'), withinMs)
  })
  try {
    return await Promise.race([reply.catch((error: unknown) => (error as Error).message), silence])
  } finally {
    clearTimeout(timer)
  }
}
