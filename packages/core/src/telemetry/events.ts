import type { Engine } from '../engine.js'
import type { LockLostError, LossReason } from '../errors.js'
import type { Lease } from '../hold/lease.js'
import { detachChannel, lostChannel, nodeChannel, type NodeChange } from './channels.js'
import { holdNumberOf } from './hold-number.js'

export function tellLost(engine: Engine, lease: Lease, reason: LossReason, error: LockLostError): void {
  if (!lostChannel.hasSubscribers) return
  lostChannel.publish({
    resources: lease.claim.resources,
    hold: holdNumberOf(lease),
    heldFor: heldFor(engine, lease),
    reason,
    error,
  })
}

export function tellDetached(engine: Engine, lease: Lease): void {
  if (!detachChannel.hasSubscribers) return
  detachChannel.publish({
    resources: lease.claim.resources,
    hold: holdNumberOf(lease),
    heldFor: heldFor(engine, lease),
    remaining: lease.remaining(engine.now()),
  })
}

export function tellNode(node: string, change: NodeChange, step?: number): void {
  if (!nodeChannel.hasSubscribers) return
  nodeChannel.publish({ node, change, ...(step === undefined ? {} : { step }) })
}

function heldFor(engine: Engine, lease: Lease): number {
  return engine.options.clock.monotonic() - lease.grantedAt.monotonic
}
