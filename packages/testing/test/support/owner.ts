import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { FleetBackend } from '@quorumlock/testing'
import { endWithUs } from '../../src/fleet/end-with-us.js'
import { until } from '../../src/fleet/until.js'
import { command } from './fleet-contract.js'

/** A separate process that owns a fleet, the first node of which is frozen. */
export interface Owner {
  readonly ports: readonly number[]
  /** Ends the process, not the fleet. */
  end(signal: NodeJS.Signals): Promise<void>
}

export async function startOwner(backend: FleetBackend): Promise<Owner> {
  const child = endWithUs(
    spawn(
      process.execPath,
      ['--conditions', '@quorumlock/source', '--import', 'tsx', 'test/support/fleet-owner.ts', backend],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve)
    child.once('exit', () => reject(new Error('The owner ended before its fleet was ready')))
  })
  return {
    ports: JSON.parse(line) as readonly number[],
    end: async (signal) => {
      child.kill(signal)
      await ended
    },
  }
}

/** Resolves once no process listens on any of the ports. */
export async function allClosed(ports: readonly number[]): Promise<void> {
  await until(async () => {
    const answers = await Promise.allSettled(ports.map((port) => command({ port }, 'PING')))
    const refused = answers.filter(
      (answer) => answer.status === 'rejected' && String(answer.reason).includes('ECONNREFUSED'),
    )
    if (refused.length < ports.length) throw new Error(`Some of the ports ${ports.join(', ')} are still open`)
  })
}
