import { shown } from './check.js'
import type { Lock } from './lock.js'
import type { AcquireOptions } from './options.js'

export type TryUsing<T> = { readonly acquired: true; readonly value: T } | { readonly acquired: false }

/** Runs `fn`, then releases. Rejects with the function's own error, or if it succeeds but the lock was lost, with that loss. */
export async function runUnder<T>(lock: Lock, fn: (lock: Lock) => T | Promise<T>): Promise<T> {
  try {
    const value = await lock.run(fn)
    lock.assertNotLost()
    return value
  } finally {
    await lock[Symbol.asyncDispose]()
  }
}

export function optionsAndFunction<T>(
  rest: readonly unknown[],
): [AcquireOptions | undefined, (lock: Lock) => T | Promise<T>] {
  const fn = rest.length > 1 ? rest[1] : rest[0]
  if (typeof fn !== 'function') {
    throw new TypeError(`Expected the last argument to be a function to run under the lock, got ${shown(fn)}`)
  }
  const options = rest.length > 1 ? (rest[0] as AcquireOptions | undefined) : undefined
  return [options, fn as (lock: Lock) => T | Promise<T>]
}
