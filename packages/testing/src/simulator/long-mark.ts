import type { User } from './user.js'

/** Longer than any run, milliseconds. */
const MARK_TTL = 10 * 3_600_000

/** A lock that is left to expire long after the run, as a mark that something was done. */
export async function leaveMark(user: User): Promise<void> {
  const { marks } = user.stage
  const name = `mark-${marks.length + 1}-${user.name}`
  const options = { ...user.options(), ttl: MARK_TTL, wait: 0, autoExtend: false, maxHold: undefined }
  const holding = await user.acquire([name], options)
  holding.leftToExpire = true
  holding.lock.detach()
  marks.push(name)
}

/** Nobody else gets it; the oracle judges. */
export async function contestMark(user: User): Promise<void> {
  const { marks } = user.stage
  if (marks.length === 0) return leaveMark(user)
  const name = user.chance.pick(marks)
  const options = { ...user.options(), maxHold: undefined, wait: user.chance.pick([0, 20, 300]) }
  const taken = await user.counted([name], () => user.client.redlock.tryAcquire(name, options))
  if (taken !== undefined) await user.release(taken)
}
