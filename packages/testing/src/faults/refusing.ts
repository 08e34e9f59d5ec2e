import type { FaultTarget } from './target.js'
import type { Fault } from './fault.js'

/** A refusal that the proxy gives in the server's place, to commands that write. */
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

/** Why the server cannot do something that has to be allowed when it is started. */
export function admits(
  node: FaultTarget,
  what: 'debug' | 'protected configs' | 'arguments',
): string | undefined {
  if (node.server.folder !== undefined) return undefined
  return `a container is started without ${what === 'arguments' ? 'arguments of one run' : `leave for ${what}`}`
}
