import { shown } from './check.js'

/** Far fewer than the keys, with their companion keys, that one script call can name on a server. */
const MOST_RESOURCES = 1_000

/** Checks resource names. Returns them sorted and without duplicates, so that all clients lock in the same order. */
export function checkResources(given: unknown): readonly string[] {
  if (typeof given === 'string') {
    checkResource('resource', given)
    return [given]
  }
  if (!Array.isArray(given)) {
    throw new TypeError(`Expected a resource name or an array of them, got ${shown(given)}`)
  }
  if (given.length === 1 && typeof given[0] === 'string' && given[0] !== '') return [given[0]]
  if (given.length === 0) throw new TypeError('Expected at least one resource name, got an empty array')
  if (given.length > MOST_RESOURCES) {
    throw new RangeError(
      `Expected at most ${MOST_RESOURCES} resources in one call, got ${given.length}: lock one name that represents all of them`,
    )
  }
  given.forEach((resource: unknown, index) => {
    checkResource(`resources[${index}]`, resource)
  })
  return [...new Set(given as string[])].sort()
}

function checkResource(name: string, given: unknown): void {
  if (typeof given === 'string' && given !== '') return
  throw new TypeError(`Expected \`${name}\` to be a non-empty string, got ${shown(given)}`)
}
