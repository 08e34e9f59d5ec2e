import type { Socket } from 'node:net'

/**
 * Ends a connection with a reset. While it is connecting, or being closed in an orderly way, it is destroyed instead,
 * because a reset would then leave a handle behind that keeps the process alive.
 */
export function abort(socket: Socket): void {
  if (socket.destroyed) return
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket.connecting || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}
