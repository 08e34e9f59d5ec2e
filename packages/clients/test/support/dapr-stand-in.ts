import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DaprStandIn {
  readonly address: string
  /** The requested locks, as `<store> <resource> <owner> <seconds>`. */
  readonly locks: readonly string[]
  /** Holds back all responses until the returned function is called. */
  hold(): () => void
  /** The highest number of concurrent requests so far. */
  readonly mostAtOnce: number
  /** The response to the next request, of any kind; `drop` cuts the connection. */
  answerOnce(answer: 'drop' | { readonly status: number; readonly body: object }): void
  close(): void
}

interface Request {
  readonly resourceId: string
  readonly lockOwner: string
  readonly expiryInSeconds?: number
}

/** Implements the documented HTTP lock API of Dapr, because no sidecar is available to these tests. */
export async function startDaprStandIn(stores: readonly string[] = ['lockstore']): Promise<DaprStandIn> {
  const owners = new Map<string, string>()
  const locks: string[] = []
  let once: 'drop' | { readonly status: number; readonly body: object } | undefined

  const answerTo = (path: string, request: Request): { status: number; body: object } => {
    const [, version, verb, store = ''] = path.split('/')
    if (path === '/v1.0/healthz') return { status: 204, body: {} }
    if (version !== 'v1.0-alpha1' || (verb !== 'lock' && verb !== 'unlock')) return { status: 404, body: {} }
    if (!stores.includes(store)) {
      return {
        status: 400,
        body: { errorCode: 'ERR_LOCK_STORE_NOT_FOUND', message: `lock store ${store} not found` },
      }
    }
    const key = `${store}/${request.resourceId}`
    const owner = owners.get(key)
    if (verb === 'lock') {
      locks.push(`${store} ${request.resourceId} ${request.lockOwner} ${String(request.expiryInSeconds)}`)
      if (owner === undefined) owners.set(key, request.lockOwner)
      return { status: 200, body: { success: owner === undefined } }
    }
    if (owner === undefined) return { status: 200, body: { status: 1 } }
    if (owner !== request.lockOwner) return { status: 200, body: { status: 2 } }
    owners.delete(key)
    return { status: 200, body: { status: 0 } }
  }

  let inFlight = 0
  let held = Promise.resolve()
  const server = createServer((incoming, outgoing) => {
    let text = ''
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
    incoming.on('end', () => {
      const planned = once
      once = undefined
      if (planned === 'drop') {
        incoming.socket.destroy()
        return
      }
      const request = (text === '' ? {} : JSON.parse(text)) as Request
      const { status, body } = planned ?? answerTo(incoming.url ?? '', request)
      void held.then(() => {
        outgoing.writeHead(status, { 'content-type': 'application/json' })
        outgoing.end(status === 204 ? undefined : JSON.stringify(body))
      })
    })
  })
  let mostAtOnce = 0
  server.on('request', (_, outgoing) => {
    mostAtOnce = Math.max(mostAtOnce, ++inFlight)
    outgoing.on('close', () => inFlight--)
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    locks,
    hold() {
      let letGo = (): void => undefined
      held = new Promise((resolve) => (letGo = resolve))
      return letGo
    },
    get mostAtOnce() {
      return mostAtOnce
    },
    answerOnce: (answer) => {
      once = answer
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
