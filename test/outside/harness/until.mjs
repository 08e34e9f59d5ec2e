import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

/** Only a hang takes so long, milliseconds. */
export const hang = 120_000

/** Resolves with what the condition says as soon as that is true. `what` completes "Expected …"; it may be a function. */
export async function until(what, condition) {
  const end = performance.now() + hang
  for (;;) {
    const said = await condition()
    if (said) return said
    if (performance.now() > end) {
      throw new Error(`Expected ${typeof what === 'function' ? what() : what}, and waited ${hang} ms in vain`)
    }
    await pause(50)
  }
}
