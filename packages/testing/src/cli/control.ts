import { createServer, request } from 'node:http'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** How one command finds the fleet that another command runs. */
interface Contact {
  readonly port: number
  readonly secret: string
}

export interface Control {
  close(): void
}

/** Listens on the loopback interface for commands of the same user. */
export async function openControl(act: (words: readonly string[]) => Promise<string>): Promise<Control> {
  const secret = randomBytes(16).toString('hex')
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      if (req.headers.authorization !== secret) {
        res.writeHead(403).end()
        return
      }
      act(JSON.parse(body) as string[]).then(
        (output) => res.end(output),
        (error: unknown) => res.writeHead(400).end(error instanceof Error ? error.message : String(error)),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  writeFileSync(contactFile(), JSON.stringify({ port, secret }), { mode: 0o600 })
  return {
    close: () => {
      rmSync(contactFile(), { force: true })
      server.close()
    },
  }
}

export function askControl(words: readonly string[]): Promise<string> {
  const { port, secret } = readContact()
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port, method: 'POST', headers: { authorization: secret } },
      (res) => {
        let body = ''
        res.on('data', (chunk: Buffer) => (body += chunk.toString()))
        res.on('end', () => (res.statusCode === 200 ? resolve(body) : reject(new Error(body))))
      },
    )
    req.on('error', () => reject(new Error(noFleet)))
    req.end(JSON.stringify(words))
  })
}

const noFleet = 'No fleet is up. Start one with: quorumlock-testing up'

function readContact(): Contact {
  try {
    return JSON.parse(readFileSync(contactFile(), 'utf8')) as Contact
  } catch {
    throw new Error(noFleet)
  }
}

function contactFile(): string {
  return join(tmpdir(), `quorumlock-testing-${userInfo().uid}.json`)
}
