import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

/** Only a hang takes this long, milliseconds. */
export const hang = 120_000

/** Resolves with the result of the condition as soon as it is truthy. `what` completes "Expected …"; it may be a function. */
export async function until(what, condition) {
  const end = performance.now() + hang
  for (;;) {
    const result = await condition()
    if (result) return result
    if (performance.now() > end) {
      throw new Error(`Expected ${typeof what === 'function' ? what() : what}, and waited ${hang} ms in vain`)
    }
    await pause(50)
  }
}
