import { shown, type Check } from './check.js'
import { ABILITIES, type LockNode } from './node/lock-node.js'

/** Checks that there is at least one node, and no node twice. */
export function checkNodes(check: Check, option: string, nodes: unknown): void {
  if (!Array.isArray(nodes) || nodes.length === 0) {
    check.type(`Expected \`${option}\` to be an array of at least one lock node, got ${shown(nodes)}`, option)
    return
  }
  const names = new Map<string, number>()
  nodes.forEach((node: unknown, index) => {
    const where = `${option}[${index}]`
    if (!isLockNode(node)) {
      check.type(
        `Expected \`${where}\` to be a lock node, such as memoryNode() or nodeRedisNode(client), got ${shownNode(node)}`,
        option,
      )
      return
    }
    const unknown = unknownAbility(node.lacks)
    if (unknown !== undefined) {
      const expected = ABILITIES.join(', ')
      check.type(`Expected \`${where}.lacks\` to list abilities (${expected}), got ${shown(unknown)}`, option)
    }
    const earlier = names.get(node.name)
    if (earlier !== undefined) {
      const [same, remedy] =
        nodes[earlier] === node
          ? ['is the same node', '']
          : [
              'has the same name',
              ". If they are different servers, give each a name: ioredisNode(client, { name: 'eu-1' })",
            ]
      check.type(
        `Expected \`${option}\` to be different nodes, but ${where} ${same} as ${option}[${earlier}] (${node.name}): a node must not vote twice${remedy}`,
        option,
      )
    }
    names.set(node.name, index)
  })
}

/** The first unknown ability. A misspelled ability would otherwise count as one that the node has. */
function unknownAbility(lacks: unknown): unknown {
  if (lacks === undefined || lacks === null) return undefined
  if (!Array.isArray(lacks)) return lacks
  return lacks.find((ability) => !(ABILITIES as readonly unknown[]).includes(ability))
}

/** Describes common mistakes. A URL is never repeated in a message, because it may contain a password. */
function shownNode(given: unknown): string {
  if (typeof given === 'string') return 'a string. To connect by URL, use connect() of @quorumlock/clients'
  if (typeof given !== 'object' || given === null) return shown(given)
  if ('call' in given && 'status' in given) return 'an ioredis client. Pass ioredisNode(client)'
  if ('sendCommand' in given) return 'a node-redis client. Pass nodeRedisNode(client)'
  return shown(given)
}

function isLockNode(node: unknown): node is LockNode {
  if (typeof node !== 'object' || node === null) return false
  const { name, send } = node as Partial<LockNode>
  return typeof name === 'string' && name !== '' && typeof send === 'function'
}
