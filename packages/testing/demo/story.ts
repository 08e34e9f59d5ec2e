import { setTimeout as sleep } from 'node:timers/promises'
import type { Crew } from './crew.js'
import { now } from './events.js'
import type { Stage } from './stage.js'

/** Seconds. */
export const length = 28

interface Scene {
  readonly at: number
  readonly says: string
  readonly play: (stage: Stage, crew: Crew) => unknown
}

const scenes: readonly Scene[] = [
  { at: 4, says: 'node 1 is killed', play: ({ nodes }) => nodes[0]!.kill() },
  {
    at: 7,
    says: 'node 2 is killed: three of five are left, just a majority',
    play: ({ nodes }) => nodes[1]!.kill(),
  },
  {
    at: 11,
    says: 'node 1 is back, empty: it stays out until no lock that it forgot can be alive',
    play: ({ nodes }) => nodes[0]!.restart(),
  },
  { at: 12, says: 'node 2 is back, empty', play: ({ nodes }) => nodes[1]!.restart() },
  {
    at: 16,
    says: 'node 3 is frozen: its connections stay open, and nothing answers',
    play: ({ nodes }) => nodes[2]!.freeze(),
  },
  { at: 20, says: 'node 3 goes on', play: ({ nodes }) => nodes[2]!.thaw() },
]

/** Plays until the end, or until the signal. */
export async function play(
  stage: Stage,
  crew: Crew,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = now()
  const until = async (second: number): Promise<void> => {
    await sleep(Math.max(0, start + second * 1_000 - now()), undefined, { signal })
  }
  for (const { at, says, play: change } of scenes) {
    await until(at)
    tell(says)
    await change(stage, crew)
  }
  await until(22)
  while (crew.holder === undefined) await sleep(5, undefined, { signal })
  const name = crew.holder
  const held = crew.crash(name)
  tell(`${name} crashes while it holds ${held.join(' and ')}: others get it when its time is over`)
  await until(25)
  tell(`${name} is started again`)
  crew.hire(name)
  await until(length)
}
