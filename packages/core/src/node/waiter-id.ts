import { withLabel } from '../label.js'
import type { Handed } from './lock-node.js'

/*
 * The id of a waiter is part of commands, queues and messages, and is the value of its attempts:
 *
 *   <channel>#<number>[.<name>][@<offer>][~<label>]
 *
 *   channel  the channel on which its client listens
 *   number   of the waiter within its client
 *   name     a counter: the place continues under a new name after a release of the last one has been sent
 *   offer    the client listens, and a node may hand the lock to the waiter for this many milliseconds; 0: only wake it
 *   label    of the lock, for human readers
 *
 * A wake-up is published on the channel. It is the id, followed by ` <remaining> <deadline> <stamp>` if the node has
 * handed over the lock. The scripts on the servers read and write the same grammar.
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

/** The number of a waiter within its client. */
export function numberOf(waiterId: string): number {
  return parseInt(waiterId.slice(waiterId.lastIndexOf('#') + 1), 10)
}

/** The waiter that an id belongs to, whatever its present name. */
export function waiterOf(waiterId: string): string {
  return `${channelOf(waiterId)}#${numberOf(waiterId)}`
}

const OFFER = /#[\d.]+@(\d+)/

/**
 * Whether the client of a waiter listens on its channel. If so, a channel without subscribers suggests a dead waiter.
 */
export function listens(waiterId: string): boolean {
  return OFFER.test(waiterId)
}

/** Milliseconds for which a node may hand the lock to the waiter; 0 if it may only wake it. */
export function longestHandOver(waiterId: string): number {
  return Number(OFFER.exec(waiterId)?.[1] ?? 0)
}

const HANDED = / (\d+) (\d+) (\S+)$/

/** A message as it is published on the channel of a waiter. */
export function parseWakeUp(text: string): {
  readonly waiterId: string
  readonly handed: Handed | undefined
} {
  const match = HANDED.exec(text)
  if (match === null) return { waiterId: text, handed: undefined }
  const handed = { remaining: Number(match[1]), deadline: Number(match[2]), stamp: match[3] as string }
  return { waiterId: text.slice(0, match.index), handed }
}
