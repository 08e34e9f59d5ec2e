import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compileCore, removeCompiledCore, run } from '../support/child.js'

beforeAll(compileCore)
afterAll(removeCompiledCore)

/** Milliseconds within which a process without pending work must end. */
const AT_ONCE = 500

const silent = `{ name: 'silent' + Math.random(), connected: true, send() {} }`

describe.each([
  ['after close', `const r = new Redlock({ nodes: [memoryNode()] }); await r.acquire('a'); await r.close()`],
  [
    'after close with waiters',
    `const r = new Redlock({ nodes: [memoryNode()] })
     await r.acquire('a')
     const waits = [r.acquire('a'), r.acquire('a', { fair: false }), r.waitForUnlock('a'), r.acquire('a', { wait: Infinity })]
     await sleep(50)
     await Promise.all([r.close(), Promise.allSettled(waits)])`,
  ],
  [
    'after close with unresponsive nodes',
    `const r = new Redlock({ nodes: [${silent}, ${silent}, ${silent}], guard: false, ttl: 2000 })
     const wait = r.acquire('a').catch(() => 0)
     await sleep(50)
     await r.close(); await wait`,
  ],
  [
    'without close, while a lock is held',
    `const r = new Redlock({ nodes: [memoryNode(), memoryNode(), memoryNode()] }); await r.acquire('a')`,
  ],
  [
    'without close, after locks and waits',
    `const r = new Redlock({ nodes: [memoryNode(), memoryNode(), memoryNode()] })
     await Promise.all(Array.from({ length: 50 }, () => r.using('a', () => sleep(1))))`,
  ],
  [
    'with one unresponsive node, although it is probed forever',
    `const r = new Redlock({ nodes: [memoryNode(), memoryNode(), ${silent}], ttl: 1000, found: 'majority' })
     await r.using('a', () => sleep(100))`,
  ],
  [
    'after an abort in a long pause between attempts',
    `const r = new Redlock({ nodes: [memoryNode()], fair: false, retryInterval: 60000, wait: Infinity })
     await r.acquire('a')
     const stop = new AbortController()
     const wait = r.acquire('a', { signal: stop.signal }).catch(() => 0)
     await sleep(50); stop.abort(); await wait`,
  ],
  [
    'after an abort of a fair wait',
    `const r = new Redlock({ nodes: [memoryNode()], wait: Infinity })
     await r.acquire('a')
     const stop = new AbortController()
     const waits = [r.acquire('a', { signal: stop.signal }), r.waitForUnlock('a', { signal: stop.signal, timeout: Infinity })]
     await sleep(50); stop.abort(); await Promise.allSettled(waits)`,
  ],
  [
    'after a lock was lost',
    `const r = new Redlock({ nodes: [memoryNode()], autoExtend: false, ttl: 100 })
     const lock = await r.acquire('a')
     const stay = setTimeout(() => 0, 5000)
     await new Promise((resolve) => lock.signal.addEventListener('abort', resolve))
     clearTimeout(stay)`,
  ],
])('the end of a process', (when, script) => {
  test(`a process ends on its own ${when}`, async () => {
    const exit = await run(`${script}\ndone()`)
    expect(exit.output).toBe('done\n')
    expect(exit.code).toBe(0)
    expect(exit.lingered).toBeLessThan(AT_ONCE)
  })
})

test('a process that waits for a lock stays alive until it acquires it', async () => {
  const exit = await run(`
    const nodes = [memoryNode()]
    const lock = await new Redlock({ nodes, ttl: 300, autoExtend: false }).acquire('a')
    lock.detach()
    await new Redlock({ nodes }).acquire('a')
    done()`)
  expect(exit).toMatchObject({ code: 0, output: 'done\n' })
})

test('no failure causes an unhandled rejection', async () => {
  const exit = await run(`
    process.on('unhandledRejection', (reason) => { console.log('UNHANDLED', reason) })
    const failing = (reply) => ({ name: 'f' + Math.random(), connected: true, send(_c, answer) { queueMicrotask(() => answer(reply)) } })
    const throwing = () => ({ name: 't' + Math.random(), connected: true, send() { throw new Error('boom') }, close() { throw new Error('boom') } })
    for (const make of [
      () => failing({ vote: 'failed', reason: 'LOADING' }),
      () => failing({ vote: 'unknown', reason: 'reset' }),
      () => failing({ vote: 'refused', reason: 'stale', counter: 1 }),
      () => failing({ vote: 'refused', reason: 'unmarked' }),
      throwing,
    ]) {
      for (const guard of [true, false]) {
        const r = new Redlock({ nodes: [make(), make(), make()], guard, ttl: 300 })
        const stop = new AbortController()
        const works = [
          r.acquire('a', { wait: 100 }), r.acquire('a', { wait: 100, fair: false }), r.tryAcquire('a'),
          r.acquire('a', { signal: stop.signal, wait: 1000 }), r.isLocked('a'), r.inspect('a'), r.forceRelease('a'),
          r.waitForUnlock('a', { timeout: 50 }), r.using('a', { wait: 50 }, () => 1),
          r.resume({ resources: ['a'], value: 'v', ttl: 300, expiresAt: Date.now() + 100 }),
          r.liftQuarantine(r.health()[0].name),
        ]
        setTimeout(() => stop.abort(), 20)
        await Promise.allSettled(works)
        await r.close()
      }
    }
    done()`)
  expect(exit).toMatchObject({ code: 0, output: 'done\n' })
  expect(exit.lingered).toBeLessThan(AT_ONCE)
})

// ── handles that are held weakly ──

/** Garbage collections need a separate heap, because they take seconds in that of the test runner. */
const world = `
  const warnings = []
  const logger = { debug() {}, info() {}, error() {}, warn: (_data, message) => warnings.push(message) }
  const sent = { acquire: 0, extend: 0, release: 0, greet: 0, mark: 0, inspect: 0 }
  const node = memoryNode()
  const { send } = node
  node.send = (command, answer) => { sent[command.kind]++; send(command, answer) }
  const redlock = new Redlock({ nodes: [node], ttl: 600, logger })
  const stay = setInterval(() => 0, 1000)
  const collect = async () => { for (let turn = 0; turn < 5; turn++) { gc(); await sleep(2) } }
  const report = (data) => { clearInterval(stay); console.log(JSON.stringify({ ...data, warnings })) }`

async function report(script: string): Promise<Record<string, unknown>> {
  const exit = await run(`${world}\n${script}`, '--expose-gc')
  expect(exit.code).toBe(0)
  return JSON.parse(exit.output) as Record<string, unknown>
}

const WARNING = 'lock was not released before its handle was garbage-collected; it will expire'

test('a handle that is garbage-collected is no longer renewed, with a warning, and its lock expires', async () => {
  const seen = await report(`
    const take = async () => (await redlock.acquire('a')).signal
    const signal = await take()
    await sleep(300)
    await collect()
    const renewals = sent.extend
    await sleep(1200)
    report({ more: sent.extend - renewals, reason: signal.reason?.reason, locked: await redlock.isLocked('a') })`)
  expect(seen).toEqual({ more: 0, reason: 'abandoned', locked: false, warnings: [WARNING] })
})

test('a handle that is still in use is renewed indefinitely, despite garbage collections', async () => {
  const seen = await report(`
    const lock = await redlock.acquire('a')
    for (let round = 0; round < 10; round++) { await sleep(150); await collect() }
    report({ held: lock.held, renewals: sent.extend > 5 })
    await lock.release()`)
  expect(seen).toEqual({ held: true, renewals: true, warnings: [] })
})

test('released handles leave neither leases nor warnings behind', async () => {
  const seen = await report(`
    const handles = []
    for (let round = 0; round < 20; round++) {
      const lock = await redlock.acquire('a')
      handles.push(new WeakRef(lock))
      if (round % 5 === 0) await sleep(250)
      await lock.release()
    }
    await sleep(700)
    await collect()
    report({ left: handles.slice(0, -1).filter((handle) => handle.deref()).length })`)
  expect(seen).toEqual({ left: 0, warnings: [] })
})

test('a named lock is held by the object that acquired it, so it is renewed without a handle', async () => {
  const seen = await report(`
    const named = redlock.getLock('a')
    await named.acquire()
    for (let round = 0; round < 6; round++) { await sleep(200); await collect() }
    report({ locked: await redlock.isLocked('a'), outcome: await named.release() })`)
  expect(seen).toEqual({ locked: true, outcome: 'released', warnings: [] })
})
