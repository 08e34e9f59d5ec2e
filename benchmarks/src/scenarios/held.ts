import type { Entry } from '../contenders/contender.js'
import type { Row, Value } from '../report/result.js'
import { Worker } from '../worker/crew.js'
import type { Context } from './context.js'
import type { Scenario } from './scenario.js'
import { serverCalls } from './server-calls.js'

/** Many locks, held and renewed at the default interval of each library. */
export const held: Scenario = {
  id: 'held',
  run: async (context) => {
    const rows: Row[] = []
    const entries = context.field.filter(({ renews, name }) => renews && !name.endsWith('unfair'))
    for (const locks of context.quick ? [500] : [1_000, 10_000]) {
      for (const entry of context.quick ? entries.slice(0, 1) : entries) {
        context.log(`  ${entry.name}, ${locks} locks`)
        rows.push({
          name: `${entry.name}, ${locks.toLocaleString('en')} locks`,
          kind: entry.kind,
          values: await figures(context, entry, locks),
        })
      }
    }
    return {
      id: 'held',
      title: 'Held locks',
      method:
        'TTL 30 s, renewed by the library: quorumlock at a third of the TTL, redis-semaphore at four fifths. The other peers do not renew what `acquire` returns. CPU is that of the client process, as a percentage of one core, while it does nothing else.',
      columns: [
        { key: 'cpu', title: '% of one core', digits: 2, better: 'less' },
        { key: 'commands', title: 'client commands per second', digits: 0, better: 'less' },
        { key: 'bytes', title: 'kB per lock', digits: 1, better: 'less' },
        { key: 'taken', title: 'acquiring them, ms', digits: 0, better: 'less' },
      ],
      rows,
      drawn: 'cpu',
    }
  },
}

async function figures(context: Context, entry: Entry, locks: number): Promise<Record<string, Value>> {
  const worker = await Worker.start(entry, context.urls)
  try {
    // Long enough for renewals of each: redis-semaphore renews every 24 s, quorumlock every 10 s.
    const duration = context.quick ? 1_000 : 30_000
    const before = await serverCalls(context.fleet, entry.sends)
    const result = await worker.perform({ kind: 'hold', locks, duration }, duration + 60_000)
    const calls = (await serverCalls(context.fleet, entry.sends)) - before
    return {
      cpu: result.cpu * 100,
      commands: ((calls / 5) * 1_000) / duration,
      bytes: result.bytesPerLock / 1_000,
      taken: result.taken,
    }
  } catch (error) {
    return { cpu: error instanceof Error ? error.message : String(error) }
  } finally {
    await worker.close()
  }
}
