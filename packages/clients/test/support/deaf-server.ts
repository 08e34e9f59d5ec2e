import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface DeafServer extends Disposable {
  readonly url: string
  /** The open connections. */
  readonly sockets: ReadonlySet<Socket>
}

/** A port that accepts connections and never responds. */
export async function deafServer(): Promise<DeafServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.resume().on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
