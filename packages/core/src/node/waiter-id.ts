import { withLabel } from '../label.js'
import type { Handed } from './lock-node.js'

/*
 * The identity of a waiter stands in commands, queues and messages, and is the value of its attempts:
 *
 *   <channel>#<number>[.<name>][@<offer>][~<label>]
 *
 *   channel  the channel on which its client listens
 *   number   of the waiter within its client
 *   name     counts up: the place continues under a new name once a release of the last one was sent
 *   offer    the client listens, and a node may give the lock to the waiter for this many milliseconds; 0: only wake it
 *   label    of the lock, for people
 *
 * A wake-up is published on the channel: the identity, followed by ` <remaining> <deadline>` if the node has given it
 * the lock. The scripts on the servers read and write the same grammar.
 */

export interface WaiterName {
  readonly channel: string
  readonly number: number
  readonly name?: number | undefined
  readonly offer?: number | undefined
  readonly label?: string | undefined
}

export function formatWaiterId({ channel, number, name, offer, label }: WaiterName): string {
  const suffix = name === undefined ? '' : `.${name}`
  return withLabel(`${channel}#${number}${suffix}${offer === undefined ? '' : `@${offer}`}`, label)
}

/** The channel on which the client of a waiter listens. */
export function channelOf(waiterId: string): string {
  return waiterId.slice(0, waiterId.lastIndexOf('#'))
}

/** Which waiter of its client it is. */
export function numberOf(waiterId: string): number {
  return parseInt(waiterId.slice(waiterId.lastIndexOf('#') + 1), 10)
}

const OFFER = /#[\d.]+@(\d+)/

/** Whether the client of a waiter listens on its channel; if the node has no subscriber there, the waiter may be dead. */
export function listens(waiterId: string): boolean {
  return OFFER.test(waiterId)
}

/** For how long a node may give the lock to the waiter, milliseconds; 0 when it may only wake it. */
export function longestHandOver(waiterId: string): number {
  return Number(OFFER.exec(waiterId)?.[1] ?? 0)
}

const HANDED = / (\d+) (\d+)$/

/** A message as it is published on the channel of a waiter. */
export function parseWakeUp(text: string): {
  readonly waiterId: string
  readonly handed: Handed | undefined
} {
  const match = HANDED.exec(text)
  if (match === null) return { waiterId: text, handed: undefined }
  const handed = { remaining: Number(match[1]), deadline: Number(match[2]) }
  return { waiterId: text.slice(0, match.index), handed }
}
