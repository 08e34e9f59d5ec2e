import type { User } from './user.js'

/** Two parts of a process get a lock by its name. A release by one of them must not affect the lock of the other. */
export async function shareName(user: User, resource: string): Promise<void> {
  const { chance, client, stage } = user
  const { redlock } = client
  const [first, second] = [redlock.getLock(resource), redlock.getLock(resource)]
  const options = { ...user.options(), maxHold: undefined }
  const holding = await user.counted([resource], () => first.acquire(options))
  if (holding === undefined) return
  const { lock } = holding
  await client.sleep(chance.between(0, stage.plan.sectionTime))
  const other = { ...user.options(), wait: chance.pick([0, 20]) }
  await user.forgivingly('namesake', async () => {
    const taken = await user.counted([resource], () => second.tryAcquire(other))
    if (taken !== undefined) stage.oracle.ended(taken)
  })
  const isHeld = (): boolean => lock.held
  const wasHeld = isHeld()
  // Only the synchronous part of a release can end a handle.
  const releasing = second.release()
  if (wasHeld && !isHeld() && !lock.signal.aborted) {
    stage.oracle.report(
      'handle',
      `${user.name}: getLock('${resource}').release() ended a lock that another object took`,
    )
  }
  await releasing
  stage.oracle.ended(holding)
  await first.release()
}
