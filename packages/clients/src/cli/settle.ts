import { systemClock, type Redlock } from '@quorumlock/core'

/** Healthy nodes have connected and answered by then, milliseconds. */
const PATIENCE = 1_000
const INTERVAL = 25

/** A client starts with a majority. An operation on all nodes must wait for the others to connect. */
export function allJoined(redlock: Redlock): Promise<void> {
  return poll(async () => {
    const { nodes } = await redlock.inspect('quorumlock')
    return nodes.every(({ vote }) => vote === 'granted')
  })
}

/** What is connected was asked whether it has kept its data, so that its state is known. */
export function allChecked(redlock: Redlock): Promise<void> {
  return poll(() => Promise.resolve(redlock.health().every(({ state }) => state !== 'suspect')))
}

/** Resolves when it is so, or when waiting longer would be useless. */
async function poll(isSo: () => Promise<boolean>): Promise<void> {
  const until = systemClock.monotonic() + PATIENCE
  while (!(await isSo()) && systemClock.monotonic() < until) {
    await new Promise<void>((resolve) => systemClock.timer(INTERVAL, resolve))
  }
}
