import { expect, test } from '@jest/globals'
import pino from 'pino'
import { World } from '../../support/world.js'

/** A real pino logger at its lowest level, and its output. */
function logger() {
  const lines: string[] = []
  return {
    lines,
    logger: pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) }),
  }
}

const levels = (lines: readonly string[]) =>
  lines.map((line) => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string }
    return `${pino.levels.labels[level]}: ${msg}`
  })

test('contention is logged as debug, an unavailable quorum as a warning, a lost lock as an error', async () => {
  const world = new World(3)
  const { lines, logger: log } = logger()
  const client = world.client({ logger: log })
  await world.clock.run(client.acquire('a'))
  await world.clock.run(client.tryAcquire('a'))
  await world.clock.runToError(client.acquire('a', { wait: 100 }))
  await world.clock.run(client.forceRelease('a'))
  for (const node of world.nodes) node.disconnect()
  await world.clock.runToError(client.acquire('a', { wait: 0 }))
  expect(levels(lines)).toEqual([
    'debug: lock is held',
    'debug: lock is held',
    'error: lock was lost',
    ...world.nodes.map(() => 'warn: connection to lock node was lost'),
    'warn: too few lock nodes are available',
  ])
})

test('no log line contains the value of a lock', async () => {
  const world = new World(3)
  const { lines, logger: log } = logger()
  const client = world.client({ logger: log, deadlockDetection: { warnAfter: 1_000 } })
  const lock = await world.clock.run(client.acquire('a', { label: 'me' }))
  await world.clock.run(client.tryAcquire('a'))
  await world.clock.advance(5_000)
  for (const node of world.nodes) node.freeze()
  await world.clock.advance(60_000)
  expect(lock.held).toBe(false)
  expect(levels(lines)).toContain('error: lock was lost')
  expect(levels(lines)).toContain('warn: lock has been held for very long: possible deadlock')
  expect(lines.join('')).not.toContain(lock.value.split('~')[0])
})
