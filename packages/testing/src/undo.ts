/** Takes a fault back. Idempotent; resolves once the effect is over. */
export type Undo = () => Promise<void>

/** One undo for several: the last fault in is the first out, and one that fails does not keep the others in force. */
export function undoAll(undos: readonly Undo[]): Undo {
  return once(async () => {
    const failures: unknown[] = []
    for (const undo of [...undos].reverse()) await undo().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'Some faults could not be taken back')
  })
}

/** The same promise for every call. */
export function once(act: () => void | Promise<void>): Undo {
  let done: Promise<void> | undefined
  return () => (done ??= Promise.resolve().then(act))
}
