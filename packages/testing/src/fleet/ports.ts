import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * An unused loopback port. It is below the range from which systems assign ports to outgoing connections, so that no
 * connection can take it while a killed server waits to be restarted.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) return port
  }
  throw new Error('No free port found between 20000 and 32000')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
