import { setTimeout as pause } from 'node:timers/promises'

/** Only a hang takes so long, milliseconds. */
export const hang = 120_000

/** Resolves with what the condition says as soon as that is true. `what` completes "Expected …". */
export async function until(what, condition, { within = hang } = {}) {
  const end = performance.now() + within
  for (;;) {
    const said = await condition()
    if (said) return said
    if (performance.now() > end) throw new Error(`Expected ${what} within ${within} ms`)
    await pause(50)
  }
}
