import { connect, type Socket } from 'node:net'
import { abort } from './abort.js'
import { BytePipe } from './byte-pipe.js'
import type { Road } from './road.js'
import type { AfterLoss, Fate, Rule } from './rules.js'
import { Scanner, type Frame } from './scanner.js'

export interface ProxiedConnectionOptions {
  readonly client: Socket
  readonly port: number
  readonly requests: Road
  readonly replies: Road
  /** The lane's rules in force. */
  readonly rules: ReadonlySet<Rule>
  readonly onFate: (rule: Rule, connection: ProxiedConnection) => void
  readonly onClose: (connection: ProxiedConnection) => void
}

/** A request whose reply has not arrived yet. */
interface Pending {
  readonly fate: Fate | undefined
}

const subscribing = /^[PS]?(UN)?SUBSCRIBE$/
const announcing = /^[PS]?(MESSAGE|(UN)?SUBSCRIBE)$/

/** One connection of a client, with the connection to the server behind it. */
export class ProxiedConnection {
  readonly #options: ProxiedConnectionOptions
  readonly #server: Socket
  readonly #up: BytePipe
  readonly #down: BytePipe
  readonly #requestScanner = new Scanner()
  readonly #replyScanner = new Scanner()
  readonly #pending: Pending[] = []
  /** Number of pending requests with a fate. While there are none, bytes pass unchecked. */
  #fated = 0
  #heldRequest: Buffer[] = []
  #heldReply: Buffer[] = []
  #isSilent = false

  constructor(options: ProxiedConnectionOptions) {
    this.#options = options
    const { client, port, requests, replies } = options
    const server = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    this.#server = server
    this.#up = new BytePipe(requests, client, server, () => this.reset())
    this.#down = new BytePipe(replies, server, client, () => this.reset())
    client.setNoDelay()
    client.on('data', (chunk: Buffer) => this.#request(chunk))
    server.on('data', (chunk: Buffer) => this.#reply(chunk))
    this.#relayEnd(client, this.#up)
    this.#relayEnd(server, this.#down)
    // A forgotten proxy must not keep the test process alive; only its clients may.
    client.unref()
    server.unref()
  }

  /** Both sides see a reset. */
  reset(): void {
    abort(this.#options.client)
    abort(this.#server)
  }

  /** Both sides see an orderly end. */
  end(): void {
    this.#options.client.end()
    this.#server.end()
  }

  /** The server forgets the connection, unnoticed by the client until it is reset. */
  forget(): void {
    this.#isSilent = true
    this.#down.close()
    this.#server.removeAllListeners('close')
    abort(this.#server)
  }

  #relayEnd(from: Socket, pipe: BytePipe): void {
    let failed = false
    from.on('end', () => pipe.carry('end'))
    from.on('error', () => {
      failed = true
    })
    from.on('close', () => {
      if (failed) pipe.carry('reset')
      else if (!from.readableEnded) pipe.carry('end')
      if (this.#options.client.destroyed && this.#server.destroyed) this.#close()
    })
  }

  #close(): void {
    this.#up.close()
    this.#down.close()
    this.#options.onClose(this)
  }

  #request(chunk: Buffer): void {
    const wasBetween = this.#requestScanner.isBetween && this.#heldRequest.length === 0
    const frames = this.#requestScanner.feed(chunk)
    if (this.#isSilent) return
    if (this.#options.rules.size === 0 && this.#heldRequest.length === 0) {
      for (const frame of frames) this.#expect(frame, undefined)
      this.#up.carry(chunk)
      return
    }
    let at = 0
    for (const frame of frames) {
      const bytes = Buffer.concat([...this.#heldRequest, chunk.subarray(at, frame.end)])
      this.#heldRequest = []
      at = frame.end
      if (!this.#decide(frame, bytes)) return
    }
    const rest = chunk.subarray(at)
    if (rest.length === 0) return
    // A request that was partly forwarded can no longer be held.
    if (frames.length === 0 && !wasBetween && this.#heldRequest.length === 0) this.#up.carry(rest)
    else this.#heldRequest.push(rest)
  }

  /** Gives a request its fate. Returns false if the connection has ended. */
  #decide(frame: Frame, bytes: Buffer): boolean {
    const rule = [...this.#options.rules].find((candidate) => candidate.picks(frame.word))
    const fate = rule?.fate
    if (rule !== undefined) this.#options.onFate(rule, this)
    switch (fate?.kind) {
      case 'reset':
        this.reset()
        return false
      case 'lose request':
        return this.#afterLoss(fate.then)
      case 'answer':
        this.#expect(frame, fate)
        this.#answerInTurn()
        return true
      case 'duplicate':
        this.#repeat(bytes, fate.afterMs)
        this.#expect(frame, undefined)
        break
      case 'lose reply':
      case 'cut reply':
      case 'replace reply':
      case undefined:
        this.#expect(frame, fate)
    }
    this.#up.carry(bytes)
    return true
  }

  #expect(frame: Frame, fate: Fate | undefined): void {
    // The replies to these arrive as announcements.
    if (subscribing.test(frame.word)) return
    this.#pending.push({ fate })
    if (fate !== undefined) this.#fated++
  }

  #reply(chunk: Buffer): void {
    if (this.#isSilent) return
    const frames = this.#replyScanner.feed(chunk)
    if (this.#fated === 0 && this.#heldReply.length === 0) {
      for (const frame of frames) if (!isAnnouncement(frame)) this.#pending.shift()
      this.#down.carry(chunk)
      return
    }
    let at = 0
    for (const frame of frames) {
      const bytes = Buffer.concat([...this.#heldReply, chunk.subarray(at, frame.end)])
      this.#heldReply = []
      at = frame.end
      const fate = isAnnouncement(frame) ? undefined : this.#pending.shift()?.fate
      if (!this.#passReply(bytes, fate)) return
      this.#answerInTurn()
    }
    if (at < chunk.length) this.#heldReply.push(chunk.subarray(at))
  }

  #passReply(bytes: Buffer, fate: Fate | undefined): boolean {
    if (fate !== undefined) this.#fated--
    if (fate?.kind === 'lose reply') return this.#afterLoss(fate.then)
    if (fate?.kind === 'cut reply') {
      // Bytes and a reset that arrive at the same moment look like an orderly end to libuv.
      this.#options.client.write(bytes.subarray(0, fate.bytes), () => {
        setTimeout(() => this.reset(), 2).unref()
      })
      return false
    }
    this.#down.carry(fate?.kind === 'replace reply' ? Buffer.from(fate.reply) : bytes)
    return true
  }

  /** Replies of the proxy keep their place among those of the server. */
  #answerInTurn(): void {
    for (;;) {
      const fate = this.#pending[0]?.fate
      if (fate?.kind !== 'answer') return
      this.#pending.shift()
      this.#fated--
      this.#down.carry(Buffer.from(fate.reply))
    }
  }

  #afterLoss(then: AfterLoss): false {
    if (then === 'reset') this.reset()
    else this.#isSilent = true
    return false
  }

  #repeat(bytes: Buffer, afterMs: number): void {
    const { port } = this.#options
    setTimeout(() => {
      const second = connect({ host: '127.0.0.1', port })
      second.on('error', () => undefined)
      second.once('data', () => second.destroy())
      second.unref()
      second.write(bytes)
    }, afterMs).unref()
  }
}

function isAnnouncement(frame: Frame): boolean {
  return frame.kind === '>' || (frame.kind === '*' && announcing.test(frame.word))
}
