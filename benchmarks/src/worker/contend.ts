import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from '../contenders/contender.js'
import { steadyNow } from './steady-clock.js'
import type { ContendTask, Section } from './task.js'

export async function contend(contender: Contender, task: ContendTask): Promise<readonly Section[]> {
  const { resource, waiters, section, sections, startAt, limit } = task
  const done: Section[] = []
  const wantedSince = new Map<number, number>()
  const end = startAt + limit
  await sleep(Math.max(0, startAt - steadyNow()))

  const waiter = async (number: number): Promise<void> => {
    for (let count = 0; count < sections && steadyNow() < end; count++) {
      const wanted = steadyNow()
      wantedSince.set(number, wanted)
      const held = await contender.acquire([resource])
      const entered = steadyNow()
      wantedSince.delete(number)
      await sleep(section)
      const left = steadyNow()
      done.push({ waiter: number, wanted, entered, left })
      await held.release()
    }
  }
  const all = Promise.all(Array.from({ length: waiters }, (_, number) => waiter(number)))
  await Promise.race([all, sleep(end - steadyNow(), undefined, { ref: false })])
  // A waiter that is still waiting at the end has waited at least this long.
  for (const [number, wanted] of wantedSince)
    done.push({ waiter: number, wanted, entered: Infinity, left: Infinity })
  return done
}
