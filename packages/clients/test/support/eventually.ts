/** Far more than any condition needs, even on a busy machine, milliseconds. */
const PATIENCE = 60_000

/** Repeats a check until it holds. For events in other processes. */
export async function eventually(check: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + PATIENCE
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() >= until) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
