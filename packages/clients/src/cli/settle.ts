import { systemClock, type Redlock } from '@quorumlock/core'

/** Healthy nodes have connected and answered by then, milliseconds. */
const PATIENCE = 1_000
const INTERVAL = 25

/** A client starts with a majority. An operation on all nodes must wait for the others to connect. */
export async function allJoined(redlock: Redlock): Promise<void> {
  const until = systemClock.monotonic() + PATIENCE
  for (;;) {
    const { nodes } = await redlock.inspect('quorumlock')
    if (nodes.every(({ vote }) => vote === 'granted') || systemClock.monotonic() >= until) return
    await new Promise<void>((resolve) => systemClock.timer(INTERVAL, resolve))
  }
}
