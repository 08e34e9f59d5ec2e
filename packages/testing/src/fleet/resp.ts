import { connect, type Socket } from 'node:net'

export interface Login {
  readonly user: string
  readonly password: string
}

export interface AskOptions {
  /** Default: 1000. */
  readonly timeoutMs?: number | undefined
  readonly login?: Login | undefined
}

/** Sends one command to a loopback server on a new connection and resolves with the text of the reply. */
export async function ask(
  port: number,
  command: readonly string[],
  { timeoutMs = 1_000, login }: AskOptions = {},
): Promise<string> {
  const connection = new RespConnection(port, timeoutMs)
  try {
    const loggedIn = login === undefined ? undefined : connection.logIn(login)
    const [reply] = await Promise.all([connection.ask(...command), loggedIn])
    return reply
  } finally {
    connection.close()
  }
}

interface Request {
  /** For error messages. Contains no password. */
  readonly title: string
  readonly resolve: (text: string) => void
  readonly reject: (error: Error) => void
}

/**
 * A connection to a loopback server. It implements just enough of the protocol to query and configure a server, so that
 * the fleet needs no Redis client.
 */
export class RespConnection {
  readonly #port: number
  readonly #socket: Socket
  readonly #requests: Request[] = []
  #received = Buffer.alloc(0)

  /** Without `timeoutMs`, a reply may take forever. */
  constructor(port: number, timeoutMs?: number) {
    this.#port = port
    this.#socket = connect({ host: '127.0.0.1', port })
    if (timeoutMs !== undefined) {
      this.#socket.setTimeout(timeoutMs, () => {
        this.#fail((title) => `did not reply to ${title} within ${timeoutMs} ms`)
      })
    }
    // Errors of Node itself are wrapped: in jest they are not instances of the Error that p-retry checks for.
    this.#socket.on('error', (error) => this.#fail(() => error.message, error))
    this.#socket.on('close', () => {
      this.#fail((title) => `closed the connection before it replied to ${title}`)
    })
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Resolves with the text of the reply; rejects if it is an error. Replies arrive in the order of the commands. */
  ask(...command: readonly string[]): Promise<string> {
    return this.#request(command, command.join(' '))
  }

  async logIn({ user, password }: Login): Promise<void> {
    await this.#request(['AUTH', user, password], 'AUTH')
  }

  /** Sends a command and ignores the reply. */
  send(...command: readonly string[]): void {
    this.ask(...command).catch(() => undefined)
  }

  /** From now on the connection does not keep the process alive. */
  unref(): void {
    this.#socket.unref()
  }

  close(): void {
    this.#socket.destroy()
  }

  #request(command: readonly string[], title: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ title, resolve, reject })
      this.#socket.write(encode(command))
    })
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const reply = decode(this.#received)
      if (reply === null) return
      this.#received = this.#received.subarray(reply.end)
      const request = this.#requests.shift()
      if (request === undefined) continue
      if (reply.isError) request.reject(this.#error(`replied to ${request.title}: ${reply.text}`))
      else request.resolve(reply.text)
    }
  }

  /** The command that was sent last is the one that the caller waits for. */
  #fail(reason: (title: string) => string, cause?: unknown): void {
    this.#socket.destroy()
    const requests = this.#requests.splice(0)
    const error = this.#error(reason(requests.at(-1)?.title ?? ''), cause)
    for (const request of requests) request.reject(error)
  }

  #error(reason: string, cause?: unknown): Error {
    return new Error(`Port ${this.#port} ${reason}`, { cause })
  }
}

export function encode(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`)
  return `*${parts.length}\r\n${parts.join('')}`
}

interface Reply {
  readonly text: string
  readonly isError: boolean
  readonly end: number
}

/** The first reply once it is complete: strings without their frame, errors without their dash, arrays line by line. */
function decode(received: Buffer, from = 0): Reply | null {
  const lineEnd = received.indexOf('\r\n', from)
  if (lineEnd < 0) return null
  const kind = received.toString('latin1', from, from + 1)
  const line = received.toString('latin1', from + 1, lineEnd)
  const start = lineEnd + 2
  if (kind === '*') return decodeArray(received, start, Number(line))
  if (kind !== '$') return { text: line, isError: kind === '-', end: start }
  const length = Number(line)
  if (length < 0) return { text: '', isError: false, end: start }
  const end = start + length + 2
  if (received.length < end) return null
  return { text: received.toString('utf8', start, end - 2), isError: false, end }
}

function decodeArray(received: Buffer, from: number, elements: number): Reply | null {
  const lines: string[] = []
  let end = from
  for (let index = 0; index < elements; index++) {
    const element = decode(received, end)
    if (element === null) return null
    lines.push(element.isError ? `-${element.text}` : element.text)
    end = element.end
  }
  return { text: lines.join('\n'), isError: false, end }
}
