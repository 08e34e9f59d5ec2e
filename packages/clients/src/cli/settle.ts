import { systemClock, type Redlock } from '@quorumlock/core'

/** Nodes that are well have joined and answered by then, milliseconds. */
const PATIENCE = 1_000
const INTERVAL = 25

/** A client is connected when a majority is; for a look at all nodes the others have to join first. */
export async function allJoined(redlock: Redlock): Promise<void> {
  const until = systemClock.monotonic() + PATIENCE
  for (;;) {
    const { nodes } = await redlock.inspect('quorumlock')
    if (nodes.every(({ vote }) => vote === 'granted') || systemClock.monotonic() >= until) return
    await new Promise<void>((resolve) => systemClock.timer(INTERVAL, resolve))
  }
}
