import type { LockLostError, LossReason } from '../errors.js'
import type { Lease } from '../lease.js'
import type { Instant } from '../quorum/validity.js'
import { detachChannel, lostChannel, nodeChannel, type NodeChange, type NodeEvent } from './channels.js'
import { heldFor, holdNumberOf } from './hold-number.js'

export function publishLost(lease: Lease, now: Instant, reason: LossReason, error: LockLostError): void {
  if (!lostChannel.hasSubscribers) return
  lostChannel.publish({
    resources: lease.request.resources,
    hold: holdNumberOf(lease),
    heldFor: heldFor(lease, now.monotonic),
    reason,
    error,
  })
}

export function publishDetached(lease: Lease, now: Instant): void {
  if (!detachChannel.hasSubscribers) return
  detachChannel.publish({
    resources: lease.request.resources,
    hold: holdNumberOf(lease),
    heldFor: heldFor(lease, now.monotonic),
    remaining: lease.remaining(now),
  })
}

export function publishNodeChange(
  node: string,
  change: NodeChange,
  details: Omit<NodeEvent, 'node' | 'change'> = {},
): void {
  if (nodeChannel.hasSubscribers) nodeChannel.publish({ node, change, ...details })
}
