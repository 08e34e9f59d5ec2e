/** Undoes a fault. Idempotent; resolves once the effect is over. */
export type Undo = () => Promise<void>

/** One undo for several: in reverse order, and a failing one does not prevent the others. */
export function undoAll(undos: readonly Undo[]): Undo {
  return once(async () => {
    const failures: unknown[] = []
    for (const undo of [...undos].reverse()) await undo().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'Some faults could not be undone')
  })
}

/** Runs `act` once and returns the same promise for every call. */
export function once(act: () => void | Promise<void>): Undo {
  let done: Promise<void> | undefined
  return () => (done ??= Promise.resolve().then(act))
}
