import { expect, test } from '@jest/globals'
import { startFleet } from '@quorumlock/testing'
import { startTokenProcess, type TokenProcess } from '../support/token-process.js'

const HOUR = 3_600_000
const SKEWS = [0, -5 * HOUR, 3 * HOUR, -HOUR]
const GRANTS = 100_000
const RESOURCES = 1_000

interface Grant {
  readonly token: bigint
  readonly began: bigint
  readonly ended: bigint
}

/** Tokens requested after another grant had ended, but not higher than its token, and tokens granted twice. */
function disorder(grants: readonly Grant[]): string[] {
  const wrong: string[] = []
  const byEnd = [...grants].sort((a, b) => Number(a.ended - b.ended))
  const byBeginning = [...grants].sort((a, b) => Number(a.began - b.began))
  let highest = 0n
  let ended = 0
  for (const grant of byBeginning) {
    for (; ended < byEnd.length && byEnd[ended]!.ended < grant.began; ended++) {
      const { token } = byEnd[ended]!
      if (token > highest) highest = token
    }
    if (grant.token <= highest) wrong.push(`${grant.token} after ${highest}`)
  }
  const distinct = new Set(grants.map(({ token }) => token))
  if (distinct.size < grants.length) wrong.push(`${grants.length - distinct.size} tokens granted twice`)
  return wrong
}

test('the check of the order finds a token that is too low, and one granted twice', () => {
  const first = { token: 7n, began: 1n, ended: 2n }
  expect(disorder([first, { token: 8n, began: 3n, ended: 4n }])).toEqual([])
  expect(disorder([first, { token: 6n, began: 1n, ended: 4n }])).toEqual([])
  expect(disorder([first, { token: 6n, began: 3n, ended: 4n }])).toEqual(['6 after 7'])
  expect(disorder([first, { token: 7n, began: 1n, ended: 4n }])).toEqual(['1 tokens granted twice'])
})

test('100,000 tokens rise strictly although clocks are wrong by hours and nodes restart empty', async () => {
  const fleet = await startFleet({ nodes: 5, backend: 'processes' })
  const workers: TokenProcess[] = []
  const grants = new Map<string, Grant[]>()
  let total = 0
  try {
    for (const skew of SKEWS) {
      const order = { urls: fleet.urls, skew, grants: GRANTS / SKEWS.length, resources: RESOURCES }
      const onLine = (line: string): void => {
        const [resource, token, began, ended] = line.split(' ') as [string, string, string, string]
        const grant = { token: BigInt(token), began: BigInt(began), ended: BigInt(ended) }
        if (!grants.has(resource)) grants.set(resource, [])
        grants.get(resource)!.push(grant)
        total++
      }
      workers.push(startTokenProcess(order, onLine))
    }
    let running = true
    const codes = Promise.all(workers.map(({ ended }) => ended)).finally(() => {
      running = false
    })
    // The nodes lose all data one after another, with time in between to be admitted again.
    let next = total + GRANTS / 20
    for (let victim = 0; running; ) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (total < next || !running) continue
      await fleet.nodes[victim % 5]!.restart({ wipe: true })
      victim++
      next = total + GRANTS / 10
    }
    expect(await codes).toEqual(SKEWS.map(() => 0))
  } finally {
    for (const worker of workers) worker.kill()
    await fleet.dispose()
  }
  expect(total).toBeGreaterThanOrEqual(GRANTS)
  expect([...grants.values()].flatMap(disorder)).toEqual([])
}, 900_000)
