import { once } from '@quorumlock/core/recipes'
import { mayForget } from './plan.js'
import type { User } from './user.js'

/** An action that was done once is not repeated during its retention, by any process. */
export async function doOnce(user: User, name: string): Promise<void> {
  const { chance, client, stage } = user
  const { oracle, plan, timeline } = stage
  const retention = Math.max(...plan.ttls)
  const { done } = oracle
  const { signal } = user.interruption()
  const options = { retention, wait: chance.pick([0, 300, 3_000]), ttl: chance.pick(plan.ttls), signal }
  let ended = 0
  const outcome = await once(
    client.redlock,
    name,
    async (lost) => {
      const before = done.get(name)
      if (before !== undefined && timeline.now < before && !lost.aborted && !mayForget(plan))
        oracle.report(
          'handle',
          `${user.name} repeats ${name} ${(before - timeline.now).toFixed(1)} ms too early`,
        )
      await client.sleep(chance.between(0, plan.sectionTime))
      ended = timeline.now
    },
    options,
  )
  stage.mark(`once: ${outcome.status}`)
  if (outcome.status !== 'ran' || !outcome.kept) return
  done.set(name, Math.max(done.get(name) ?? 0, ended + 0.98 * retention - 5))
}
