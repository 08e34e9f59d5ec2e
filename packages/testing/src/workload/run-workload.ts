import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Nemesis, type Incident, type NemesisOptions } from '../nemesis/nemesis.js'
import type { Fleet } from '../faulty-fleet/fleet.js'
import { checkLiveness, checkLostUpdates, checkMutualExclusion, checkTokens } from '../history/checks.js'
import { machineNow, type HistoryEvent } from '../history/history.js'
import { verdict, type Verdict } from '../history/verdict.js'
import { startInline, startProcess, type RunningClient } from './running-client.js'
import { checkResidue } from './residue.js'

export interface WorkloadOptions {
  readonly fleet: Fleet
  /** URL or absolute path of a module that exports `openLocks`. */
  readonly adapter: string
  /** Milliseconds under load. */
  readonly lasting: number
  /** Client processes. Default: 4. */
  readonly clients?: number | undefined
  /** Default: 3. */
  readonly resources?: number | undefined
  /** Default: 2000. */
  readonly ttl?: number | undefined
  /** Longest work under the lock, milliseconds. Default: 5. */
  readonly section?: number | undefined
  /** Longest pause between attempts, milliseconds. Default: 5. */
  readonly pause?: number | undefined
  readonly seed?: number | undefined
  /** No faults by default. */
  readonly nemesis?: Pick<NemesisOptions, 'mode' | 'faults'> | undefined
  /** Prefix of all keys that the locks create on a server, for the residue check. Default: `lock:`. */
  readonly keyPrefix?: string | undefined
  /**
   * `processes` (default): each client is a separate process. `none`: all are in this process, which starts faster but
   * cannot detect what a client leaves behind.
   */
  readonly isolation?: 'processes' | 'none' | undefined
  /** How soon after the last fault a lock must be acquired again. Default: twice the TTL plus three seconds. */
  readonly liveWithin?: number | undefined
}

export interface WorkloadResult {
  readonly seed: number
  readonly from: number
  readonly to: number
  readonly history: readonly HistoryEvent[]
  readonly incidents: readonly Incident[]
  /** Faults of the schedule that this fleet cannot have, with the reason. */
  readonly skipped: ReadonlyMap<string, string>
  readonly verdicts: readonly Verdict[]
  readonly isValid: boolean
}

/** Tests a lock library: several processes contend for locks while nodes fail. */
export async function runWorkload(options: WorkloadOptions): Promise<WorkloadResult> {
  const { fleet, clients = 4, ttl = 2_000, seed = 1, keyPrefix = 'lock:' } = options
  const resources = Array.from({ length: options.resources ?? 3 }, (_, index) => `resource-${index + 1}`)
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-counters-'))
  for (const resource of resources) writeFileSync(join(folder, resource), '0')
  const history: HistoryEvent[] = []
  const unhandled: string[] = []
  const names = Array.from({ length: clients }, (_, index) => `client-${index + 1}`)
  const running: RunningClient[] = []
  const start = options.isolation === 'none' ? startInline : startProcess
  try {
    await Promise.all(
      names.map(async (client, index) => {
        const task = {
          client,
          ttl,
          resources,
          folder,
          adapter: options.adapter,
          seed: seed * 1_000 + index,
          section: options.section ?? 5,
          pause: options.pause ?? 5,
          urls: await fleet.lane(client),
        }
        const listener = {
          events: (events: readonly HistoryEvent[]) => void history.push(...events),
          unhandled: (error: string) => void unhandled.push(`${client}: ${error}`),
        }
        running.push(await start(task, listener))
      }),
    )
    const from = machineNow()
    const nemesis = options.nemesis && new Nemesis({ fleet, seed, ttl, clients: names, ...options.nemesis })
    await pause(options.lasting)
    const healedAt = (await nemesis?.stop()) ?? machineNow()
    const within = options.liveWithin ?? 2 * ttl + 3_000
    await pause(within)
    const left = await Promise.all(running.map((client) => client.stop()))
    const to = machineNow()
    const counters = new Map(
      resources.map((name) => [name, Number(readFileSync(join(folder, name), 'utf8'))]),
    )
    history.sort((a, b) => a.at - b.at)
    const verdicts = [
      checkMutualExclusion(history),
      checkTokens(history),
      checkLostUpdates(history, counters),
      checkLiveness(history, { healedAt, within }),
      await checkResidue(fleet, { keys: resources.map((name) => keyPrefix + name), ttl }),
      verdict('unhandled failures', clients, unhandled),
      verdict('clients exit on their own', clients, left.flat()),
    ]
    return {
      seed,
      from,
      to,
      history,
      verdicts,
      incidents: nemesis?.incidents ?? [],
      skipped: nemesis?.skipped ?? new Map<string, string>(),
      isValid: verdicts.every(({ outcome }) => outcome !== 'violated'),
    }
  } finally {
    for (const client of running) client.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
