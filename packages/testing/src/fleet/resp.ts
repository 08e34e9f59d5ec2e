import { connect } from 'node:net'

export interface Login {
  readonly user: string
  readonly password: string
}

export interface AskOptions {
  /** Default: 1000. */
  readonly timeoutMs?: number | undefined
  readonly login?: Login | undefined
}

/**
 * Sends one command to a loopback server on a connection of its own and resolves with the text of the reply.
 * It speaks just enough of the protocol to ask a server how it is, so that the fleet depends on no Redis client.
 */
export function ask(port: number, command: readonly string[], options: AskOptions = {}): Promise<string> {
  const { timeoutMs = 1_000, login } = options
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let received = Buffer.alloc(0)
    /** Replies that come before the one we want. */
    let before = login === undefined ? 0 : 1
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy()
      reject(new Error(`Port ${port} ${reason}`, { cause }))
    }
    socket.setTimeout(timeoutMs, () => {
      fail(`did not reply to ${command.join(' ')} within ${timeoutMs} ms`)
    })
    // Errors of Node itself are wrapped: in jest they are not instances of the Error that p-retry looks for.
    socket.on('error', (error) => fail(error.message, error))
    socket.on('close', () => {
      fail(`closed the connection before it replied to ${command.join(' ')}`)
    })
    socket.on('connect', () => {
      const auth = login === undefined ? '' : encode(['AUTH', login.user, login.password])
      socket.write(auth + encode(command))
    })
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      for (;;) {
        const reply = decode(received)
        if (reply === null) return
        received = received.subarray(reply.end)
        if (reply.text.startsWith('-') && reply.isError) {
          fail(`replied to ${before > 0 ? 'AUTH' : command.join(' ')}: ${reply.text.slice(1)}`)
          return
        }
        if (before-- > 0) continue
        resolve(reply.text)
        socket.destroy()
        return
      }
    })
  })
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

/** The first reply once it is complete: strings without their frame, errors with their dash, arrays line by line. */
function decode(received: Buffer, from = 0): Reply | null {
  const lineEnd = received.indexOf('\r\n', from)
  if (lineEnd < 0) return null
  const kind = received.toString('latin1', from, from + 1)
  const line = received.toString('latin1', from + 1, lineEnd)
  const start = lineEnd + 2
  if (kind === '-') return { text: `-${line}`, isError: true, end: start }
  if (kind === '*') return decodeArray(received, start, Number(line))
  if (kind !== '$') return { text: line, isError: false, end: start }
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
    lines.push(element.text)
    end = element.end
  }
  return { text: lines.join('\n'), isError: false, end }
}
