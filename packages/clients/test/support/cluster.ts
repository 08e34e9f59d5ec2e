import { spawn, execFileSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { eventually } from './eventually.js'

export interface TestCluster {
  readonly ports: readonly number[]
  dispose(): Promise<void>
}

const SLOTS = 16_384

/** A Redis Cluster of three masters on this machine. */
export async function startCluster(): Promise<TestCluster> {
  const binary = process.env['REDIS_SERVER_BIN'] ?? 'redis-server'
  execFileSync(binary, ['--version'])
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-cluster-'))
  const ports = [await freePort(), await freePort(), await freePort()]
  const servers = ports.map((port) => startServer(binary, folder, port))
  const clients = await Promise.all(
    ports.map(async (port) => {
      const client = createClient({ url: `redis://127.0.0.1:${port}` })
      client.on('error', () => undefined)
      await client.connect()
      return client
    }),
  )
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
  for (const client of clients) client.destroy()
  return {
    ports,
    async dispose() {
      await Promise.all(
        servers.map(async (server) => {
          server.kill('SIGKILL')
          if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
        }),
      )
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startServer(binary: string, folder: string, port: number): ChildProcess {
  const name = String(port)
  const server = spawn(
    binary,
    [
      ...[
        '--port',
        name,
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        '--logfile',
        join(folder, name),
      ],
      ...['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${name}.conf`],
      ...['--cluster-node-timeout', '2000'],
    ],
    { stdio: 'ignore' },
  )
  process.once('exit', () => server.kill('SIGKILL'))
  return server
}

/** The port of the cluster bus is 10,000 above it. */
async function freePort(): Promise<number> {
  for (;;) {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    if (port < 50_000) return port
  }
}
