import type { FaultTarget } from './target.js'
import type { Fault } from './fault.js'

/** An error that the proxy sends in place of the server, in reply to commands that write. */
export function answersByProxy(reply: string, about: string): Fault & { readonly group: 'refusal' } {
  return {
    group: 'refusal',
    about,
    inject: async (node, { command, nth }) => {
      if (command !== undefined) return node.network.answer(reply, { command, nth })
      const writing = ['SET', 'EVAL', 'EVALSHA', 'FCALL']
      const undos = await Promise.all(
        writing.map((name) => node.network.answer(reply, { command: name, nth })),
      )
      return async () => {
        for (const undo of undos) await undo()
      }
    },
  }
}

/** Why the server lacks a permission that must be given at its start; undefined if it has it. */
export function admits(
  node: FaultTarget,
  what: 'debug' | 'protected configs' | 'arguments',
): string | undefined {
  if (node.server.folder !== undefined) return undefined
  return `a container is started without ${what === 'arguments' ? 'arguments for a single run' : `permission for ${what}`}`
}
