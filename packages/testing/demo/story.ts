import { setTimeout as sleep } from 'node:timers/promises'
import { machineNow, type Incident, type Undo } from '@quorumlock/testing'
import type { Crew } from './crew.js'
import type { Stage } from './stage.js'

/** Seconds. */
export const length = 28

/** What happens to a node, from one second to another. */
interface Trouble {
  /** Index of the node. */
  readonly node: number
  readonly fault: 'crash' | 'freeze'
  readonly from: number
  readonly to: number
  readonly begins: string
  readonly ends: string
}

const troubles: readonly Trouble[] = [
  {
    node: 0,
    fault: 'crash',
    from: 4,
    to: 11,
    begins: 'node 1 is killed',
    ends: 'node 1 is back, empty: it stays out until every lock that it forgot has expired',
  },
  {
    node: 1,
    fault: 'crash',
    from: 7,
    to: 12,
    begins: 'node 2 is killed: three of five are left, just a majority',
    ends: 'node 2 is back, empty',
  },
  {
    node: 2,
    fault: 'freeze',
    from: 16,
    to: 20,
    begins: 'node 3 is frozen: its connections stay open, and nothing answers',
    ends: 'node 3 continues',
  },
]

/** Plays until the end, or until the signal. `incidents` receives what happens to the nodes. */
export async function play(
  stage: Stage,
  crew: Crew,
  report: (line: string) => void,
  incidents: Incident[],
  signal: AbortSignal,
): Promise<void> {
  const start = machineNow()
  const until = async (second: number): Promise<void> => {
    await sleep(Math.max(0, start + second * 1_000 - machineNow()), undefined, { signal })
  }
  const suffer = async ({ node: index, fault, from, to, begins, ends }: Trouble): Promise<void> => {
    const node = stage.nodes[index]!
    await until(from)
    report(begins)
    const began = machineNow()
    const incident = (end: number): Incident => ({ fault, nodes: [node.name], from: began, to: end })
    let undo: Undo
    try {
      undo = await node.inject(fault)
      await until(to)
    } catch (error) {
      incidents.push(incident(machineNow()))
      throw error
    }
    report(ends)
    await undo()
    incidents.push(incident(machineNow()))
  }
  const crashAndRestart = async (): Promise<void> => {
    await until(22)
    while (crew.freshHolder === undefined) await sleep(5, undefined, { signal })
    const name = crew.freshHolder
    const held = crew.crash(name)
    report(`${name} crashes while it holds ${held.join(' and ')}: others get it once it has expired`)
    await until(25)
    report(`${name} is started again`)
    crew.hire(name)
    await until(length)
  }
  await Promise.all([...troubles.map(suffer), crashAndRestart()])
}
