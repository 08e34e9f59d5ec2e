import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../testing/src/fleet/ports.js'
import { startWatchdog } from '../../../testing/src/fleet/watchdog.js'
import { eventually } from './eventually.js'
import { startServer } from './redis-server.js'
import { open, type Client } from './servers.js'

export interface TestCluster {
  readonly ports: readonly number[]
  dispose(): Promise<void>
}

const SLOTS = 16_384

/** A Redis Cluster of three masters on this machine. It ends with this process, or if it cannot be formed. */
export async function startCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-cluster-'))
  const watchdog = startWatchdog({ folder })
  const clients: Client[] = []
  try {
    const ports = [await portOfMaster(), await portOfMaster(), await portOfMaster()]
    for (const port of ports) startServer(argumentsOf(port, folder), watchdog)
    for (const port of ports) clients.push(await open(`redis://127.0.0.1:${port}`))
    await form(clients, ports)
    return { ports, dispose: () => watchdog.finish() }
  } catch (error) {
    await watchdog.finish()
    throw error
  } finally {
    for (const client of clients) client.destroy()
  }
}

/** Distributes the slots among the masters, and waits until all of them agree. */
async function form(clients: readonly Client[], ports: readonly number[]): Promise<void> {
  const share = Math.ceil(SLOTS / ports.length)
  for (const [index, client] of clients.entries()) {
    const last = Math.min(SLOTS, share * (index + 1)) - 1
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(share * index), String(last)])
    await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)])
    if (index > 0) await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(ports[0])])
  }
  await eventually(async () => {
    for (const client of clients) {
      const info = await client.sendCommand<string>(['CLUSTER', 'INFO'])
      if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3')) throw new Error(info)
    }
  })
}

function argumentsOf(port: number, folder: string): readonly string[] {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    logfile: join(folder, `${port}.log`),
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${port}.conf`,
    // High, so that a master on a busy machine is not taken for a failed one.
    'cluster-node-timeout': 15_000,
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** The port of the cluster bus is 10,000 higher, and must also be below the ports of outgoing connections. */
async function portOfMaster(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port < 22_000) return port
  }
}
