import pRetry from 'p-retry'

/** How long a busy machine may take for what an idle one does immediately, milliseconds. */
export const patienceMs = 60_000

/** Polls until `check` no longer throws: often at first, then up to every 100 ms, for at most `withinMs`. */
export async function until(check: () => Promise<unknown>, withinMs: number = patienceMs): Promise<void> {
  const attempt = async (): Promise<void> => {
    try {
      await check()
    } catch (error) {
      // Errors of Node itself are wrapped: in jest they are not instances of the Error that p-retry checks for.
      throw error instanceof Error && !(error instanceof TypeError)
        ? error
        : new Error(String(error), { cause: error })
    }
  }
  await pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: withinMs,
    minTimeout: 5,
    maxTimeout: 100,
    factor: 1.5,
  })
}
