// Locks that are never granted. On close() they report more than the channel to the parent can hold at once.
import type { HistoryEvent, LockAdapter } from '@quorumlock/testing'

export const lastWords = 50_000

export async function openLocks(): Promise<LockAdapter> {
  return {
    acquire: async () => null,
    close: async () => {
      const words = Array.from(
        { length: lastWords },
        (_, index): HistoryEvent => ({
          client: 'client-1',
          attempt: `last/${index}`,
          at: index,
          kind: 'asked',
          resource: 'last words',
        }),
      )
      process.send?.({ kind: 'events', events: words })
    },
  }
}
