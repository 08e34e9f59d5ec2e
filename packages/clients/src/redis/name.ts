let unnamed = 0

interface Address {
  readonly host?: unknown
  readonly port?: unknown
  readonly path?: unknown
}

/** A display name: the given one, else the address, never credentials. */
export function chosenName(given: string | undefined, ...addresses: readonly unknown[]): string {
  if (given !== undefined) {
    if (typeof given === 'string' && given !== '') return given
    throw new TypeError(`Expected \`name\` of a node to be a non-empty string, got ${JSON.stringify(given)}`)
  }
  for (const address of addresses) {
    const name = nameOf(address)
    if (name !== undefined) return name
  }
  return `redis-${++unnamed}`
}

function nameOf(address: unknown): string | undefined {
  if (typeof address === 'string' && address !== '') return address
  if (typeof address !== 'object' || address === null) return undefined
  const { host, port, path } = address as Address
  if (typeof path === 'string' && path !== '') return path
  if (typeof host !== 'string' && typeof port !== 'number') return undefined
  const shownHost = typeof host === 'string' && host !== '' ? host : 'localhost'
  return `${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${typeof port === 'number' || typeof port === 'string' ? port : 6379}`
}
