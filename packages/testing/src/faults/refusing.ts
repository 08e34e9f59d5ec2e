import { connect } from 'node:net'
import { encode } from '../fleet/resp.js'
import type { Node } from '../fleet/node.js'
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
export function admits(node: Node, what: 'debug' | 'protected configs' | 'arguments'): string | undefined {
  if (node.server.folder !== undefined) return undefined
  return `a container is started without ${what === 'arguments' ? 'arguments of one run' : `leave for ${what}`}`
}

/** A connection with all rights that stays open for as long as a fault is in force. */
export interface AdminConnection {
  send(...words: readonly string[]): void
  /** Resolves with the raw reply. */
  ask(...words: readonly string[]): Promise<string>
  close(): void
}

export async function openAdmin(node: Node): Promise<AdminConnection> {
  const socket = connect({ host: '127.0.0.1', port: node.directPort })
  socket.on('error', () => undefined)
  socket.unref()
  const reply = (): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString()))
      socket.once('close', () => reject(new Error(`${node.name} closed the connection`)))
    })
  const connection: AdminConnection = {
    send: (...words) => void socket.write(encode(words)),
    ask: async (...words) => {
      const answer = reply()
      connection.send(...words)
      const said = await answer
      if (said.startsWith('-')) throw new Error(`${node.name} replied to ${words.join(' ')}: ${said.trim()}`)
      return said
    },
    close: () => socket.destroy(),
  }
  await connection.ask('AUTH', node.login.user, node.login.password)
  return connection
}
