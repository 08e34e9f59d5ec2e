import type { LockNode } from '@quorumlock/core'

type Send = LockNode['send']

/** A node that passes everything on, except how commands are sent. */
function sendingBy(node: LockNode, send: Send): LockNode {
  return {
    name: node.name,
    get connected() {
      return node.connected
    },
    send,
    watch: (observer) => node.watch?.(observer) ?? (() => undefined),
    subscribe: (channel, observer) => node.subscribe?.(channel, observer) ?? (() => undefined),
    close: () => node.close?.(),
  }
}

/** Each command has a turn of the event loop of its own, so it travels alone, with the script for its kind. */
export function oneByOne(node: LockNode): LockNode {
  const waiting: Parameters<Send>[] = []
  const sendNext = (): void => {
    const next = waiting.shift()
    if (next !== undefined) node.send(...next)
    if (waiting.length > 0) setImmediate(sendNext)
  }
  return sendingBy(node, (...given) => {
    if (waiting.push(given) === 1) setImmediate(sendNext)
  })
}

/** Each command travels with another one, so all of them go through the script for several. */
export function amongOthers(node: LockNode): LockNode {
  return sendingBy(node, (command, answer) => {
    node.send({ kind: 'extend', keys: ['conformance:none'], value: 'v', ttl: 1 }, () => undefined)
    node.send(command, answer)
  })
}
