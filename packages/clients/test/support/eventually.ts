/** Repeats a check until it holds. For what happens in other processes, in its own time. */
export async function eventually(check: () => Promise<unknown>, withinMs = 10_000): Promise<void> {
  const until = performance.now() + withinMs
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
