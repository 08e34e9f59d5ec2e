import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import type { HistoryEvent } from '@quorumlock/testing'
import { startProcess } from '../../src/workload/running-client.js'
import { lastWords } from '../support/many-last-words.js'

test('everything that a client process reports before its end is received, however much it is', async () => {
  const heard: HistoryEvent[] = []
  const unhandled: string[] = []
  const client = await startProcess(
    {
      client: 'client-1',
      urls: [],
      ttl: 1_000,
      resources: ['orders'],
      folder: tmpdir(),
      seed: 1,
      section: 1,
      pause: 1,
      adapter: new URL('../support/many-last-words.ts', import.meta.url).href,
    },
    { events: (events) => heard.push(...events), unhandled: (error) => unhandled.push(error) },
  )
  try {
    expect(await client.stop()).toEqual([])
    expect(unhandled).toEqual([])
    const last = heard.filter((event) => event.kind === 'asked' && event.resource === 'last words')
    expect(last).toHaveLength(lastWords)
  } finally {
    client.kill()
  }
})
