import type { Socket } from 'node:net'

/**
 * Ends a connection with a reset. Where Node cannot send one, before the connection stands or while an orderly end is
 * on its way, it is closed: a reset in that state would leave a handle behind that keeps the process from ending.
 */
export function abort(socket: Socket): void {
  if (socket.destroyed) return
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket.connecting || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}
