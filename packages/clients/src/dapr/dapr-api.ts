import { systemClock, type NodeReply } from '@quorumlock/core'
import { Gate } from './gate.js'
import type { DaprNodeOptions } from './options.js'

/** Each request in flight has its own connection. */
const MOST_REQUESTS = 128

const UNLOCKED = 0
const NOT_FOUND = 1
const OTHER_OWNER = 2

/** Errors that prove that no request was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** The HTTP lock API of a Dapr sidecar. Each call is a vote. */
export class DaprApi {
  readonly #base: URL
  readonly #store: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #patience: number
  readonly #open = new Set<AbortController>()
  #closed = false
  readonly #gate = new Gate(MOST_REQUESTS)

  constructor({ store, address, apiToken, requestTimeout = 10_000 }: DaprNodeOptions) {
    const { DAPR_HTTP_ENDPOINT, DAPR_HTTP_PORT, DAPR_API_TOKEN } = process.env
    const given = address ?? DAPR_HTTP_ENDPOINT ?? `http://127.0.0.1:${DAPR_HTTP_PORT ?? '3500'}`
    if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
      throw new TypeError(
        'Expected `address` of a Dapr sidecar to be a URL such as http://127.0.0.1:3500, got an invalid URL',
      )
    }
    const token = apiToken ?? DAPR_API_TOKEN
    this.#base = new URL(given)
    this.#store = store
    this.#headers = {
      'content-type': 'application/json',
      ...(token !== undefined && { 'dapr-api-token': token }),
    }
    this.#patience = requestTimeout
  }

  get host(): string {
    return this.#base.host
  }

  lock(resourceId: string, lockOwner: string, expiryInSeconds: number): Promise<NodeReply> {
    const path = `/v1.0-alpha1/lock/${encodeURIComponent(this.#store)}`
    return this.#request('POST', path, { resourceId, lockOwner, expiryInSeconds }, ({ body }) => {
      if (body['success'] === true) return { vote: 'granted' }
      if (body['success'] === false) return { vote: 'refused', reason: 'held' }
      return undefined
    })
  }

  unlock(resourceId: string, lockOwner: string): Promise<NodeReply> {
    const path = `/v1.0-alpha1/unlock/${encodeURIComponent(this.#store)}`
    return this.#request('POST', path, { resourceId, lockOwner }, ({ body }) => {
      const status = body['status']
      if (status === UNLOCKED) return { vote: 'granted' }
      if (status === NOT_FOUND || status === OTHER_OWNER) return { vote: 'refused', reason: 'gone' }
      return undefined
    })
  }

  /** Shows only that the sidecar is up. Whether its store exists is known with the next lock. */
  greet(): Promise<NodeReply> {
    return this.#request('GET', '/v1.0/healthz', undefined, () => ({
      vote: 'granted',
      greeting: { run: '', durable: false, marker: null },
    }))
  }

  close(): void {
    this.#closed = true
    for (const request of this.#open) request.abort()
  }

  async #request(
    method: string,
    path: string,
    body: object | undefined,
    read: (answer: Answer) => NodeReply | undefined,
  ): Promise<NodeReply> {
    try {
      const answer = await this.#gate.pass(() => this.#fetch(method, path, body))
      if (answer.status >= 400) return voteOfStatus(answer)
      return read(answer) ?? { vote: 'unknown', reason: `unexpected response (HTTP ${answer.status})` }
    } catch (error) {
      return voteOfFailure(error)
    }
  }

  async #fetch(method: string, path: string, body: object | undefined): Promise<Answer> {
    const request = new AbortController()
    if (this.#closed) request.abort(new Error('the node is closed'))
    const timer = systemClock.timer(this.#patience, () => {
      request.abort(new Error(`no answer within ${this.#patience} ms`))
    })
    this.#open.add(request)
    try {
      const response = await fetch(new URL(path, this.#base), {
        method,
        headers: this.#headers,
        signal: request.signal,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: parsed(text) }
    } finally {
      timer.cancel()
      this.#open.delete(request)
    }
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A rejected request had no effect. One that failed inside the sidecar may have had one. */
function voteOfStatus({ status, body }: Answer): NodeReply {
  const code = typeof body['errorCode'] === 'string' ? body['errorCode'] : `status ${status}`
  const message = typeof body['message'] === 'string' ? `: ${body['message']}` : ''
  const reason = `Dapr returned ${code}${message}`
  if (/^ERR_LOCK_STORE_NOT/.test(code) || (status < 500 && status !== 408 && status !== 429)) {
    return { vote: 'failed', misuse: true, reason }
  }
  return { vote: status === 429 ? 'failed' : 'unknown', reason }
}

function voteOfFailure(error: unknown): NodeReply {
  // `fetch` rejects with a generic TypeError, whose cause has the reason.
  const { cause = error } = error as { cause?: unknown }
  const { code, message } = cause as { code?: unknown; message?: unknown }
  const vote = typeof code === 'string' && NEVER_SENT.has(code) ? 'failed' : 'unknown'
  return {
    vote,
    reason: typeof message === 'string' && message !== '' ? message : String(code),
    cause: error,
  }
}
