import type { AcquireOptions, LockJson } from '@quorumlock/core'
import type { Holding } from './holding.js'
import type { User } from './user.js'

/** A lock that one process gives to another without detaching from it first. */
interface Gift {
  readonly json: LockJson
  readonly given: Holding
  readonly options: AcquireOptions
}

/** How many processes may try to resume, one after another, when one is aborted. */
const MOST_HEIRS = 3

/**
 * Another process resumes a lock. The giver continues as well, until its own handle ends in some way, and heirs may
 * abort at any moment.
 */
export async function inherit(user: User, resources: readonly string[]): Promise<void> {
  const { chance, stage } = user
  const { oracle, plan } = stage
  const options = { ...user.options(), maxHold: undefined, ...user.interruption() }
  const given = await user.acquire(resources, options)
  await user.client.sleep(chance.between(0, plan.sectionTime))
  if (!given.lock.held) return user.release(given)

  const gift: Gift = { json: given.lock.toJSON(), given, options }
  given.leftToExpire = true
  oracle.ended(given)
  take(user, gift, MOST_HEIRS)
  await user.client.sleep(chance.between(0, 1.5 * gift.json.ttl))
  // A lock that the giver keeps renewing would never expire.
  if (!options.autoExtend && chance.chance(0.5)) return
  if (chance.chance(0.2)) given.lock.detach()
  else stage.note(() => `${user.name} ends what it gave away: ${given.lock.value}`)
  await given.lock.release()
}

function take(user: User, gift: Gift, heirs: number): void {
  const { chance, stage } = user
  const { clients, oracle, plan, timeline } = stage
  const heir = chance.pick(clients)
  const { json, given } = gift
  const goOn = async (): Promise<void> => {
    const { signal } = user.interruption(20 * plan.delay)
    const autoExtend = chance.chance(0.7)
    const beyond = user.bounds.beyond(json.ttl)
    const resume = (): ReturnType<typeof heir.redlock.resume> =>
      heir.redlock.resume(json, { autoExtend, signal })
    let taken: Holding
    try {
      const lock = await user.bounds.judge(heir, 'resume', json.ttl + beyond, resume, signal, beyond)
      taken = { ...given, client: heir, lock, leftToExpire: false, isHeir: true }
    } catch (error) {
      if (signal?.aborted === true && heirs > 1) {
        stage.mark('resume given up')
        take(user, gift, heirs - 1)
      }
      throw error
    }
    oracle.resumed(taken)
    stage.mark('resumed from a giver that continues')
    stage.note(() => `${heir.name} resumed ${json.value} for ${taken.lock.remaining().toFixed(1)}`)
    await heir.sleep(chance.between(0, 1.5 * json.ttl))
    oracle.ended(taken)
    await taken.lock.release()
  }
  timeline.after(chance.between(0, 5), () => {
    heir.enter('network', () => {
      void user.forgivingly('resume', goOn).catch((error: unknown) => {
        oracle.report('error', String(error))
      })
    })
  })
}
