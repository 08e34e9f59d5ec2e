/** How long a busy machine may take for what an idle one does in a moment, milliseconds. */
const PATIENCE = 60_000

/** Repeats a check until it holds. For what happens in other processes, in its own time. */
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
