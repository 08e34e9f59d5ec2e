import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { LockNode } from '@quorumlock/core'
import { lockNodeConformance, startFleet, type Fleet } from '@quorumlock/testing'
import type { RedisLink } from '../../src/redis/link.js'
import { linkToNodeRedis } from '../../src/redis/node-redis.js'
import { ScriptNode } from '../../src/redis/script-node.js'
import * as embedded from '../../src/redis/scripts/embedded.js'
import { open, type Client } from '../support/servers.js'
import { amongOthers, oneByOne } from '../support/ways.js'

interface PlantedFault {
  readonly script: Exclude<keyof typeof embedded, 'EmbeddedScript'>
  readonly from: string
  readonly to: string
}

const FAULTS: readonly PlantedFault[] = [
  { script: 'acquire', from: 'if mayVote and not queued', to: 'if not queued' },
  { script: 'acquire', from: ' and not queued and not token and not mustRecord', to: ' and not token' },
  { script: 'acquire', from: 'if counter >= proposed then', to: 'if counter > proposed then' },
  { script: 'acquire', from: "if mustRecord then record('longest', tonumber(ttl)) end", to: '' },
  { script: 'acquire', from: "call('HSET', marker, 'highest', token)", to: '' },
  { script: 'acquire', from: 'if queued and id then leave(queue, id) end', to: '' },
  { script: 'acquire', from: 'if id then enqueue(queue, id, order, life) end', to: '' },
  { script: 'acquire', from: 'at < order or (at == order and first < id)', to: 'at < order' },
  { script: 'acquire', from: 'if math.abs(at + age - now) <= CLOCK_TOLERANCE then', to: 'if true then' },
  { script: 'release', from: 'if isOwner then call', to: 'if holder then call' },
  { script: 'release', from: 'if holder and not isOwner then return reply end', to: '' },
  { script: 'release', from: 'marker and mark == stamp', to: 'marker' },
  { script: 'batch', from: 'if not mayVote then return barred() end\n  if n == 1', to: 'if n == 1' },
  {
    script: 'batch',
    from: 'if not mayVote then return barred() end\n  if missing(value) == TAKEN',
    to: 'if missing(value) == TAKEN',
  },
  {
    script: 'batch',
    from: 'if not mayVote then return barred() end\n  if wasResumed',
    to: 'if wasResumed',
  },
  {
    script: 'batch',
    from: "if mark ~= 'out:' .. stamp then return UNMARKED end",
    to: "if not mark or string.sub(mark, 1, 4) ~= 'out:' then return UNMARKED end",
  },
  { script: 'batch', from: '  if freedCount == 0 then return end', to: '  do return end' },
  { script: 'batch', from: 'if perform ~= release then deleteFreed() end', to: '' },
  { script: 'batch', from: ', holders[key] = key, number, false', to: ' = key, number' },
  { script: 'batch', from: 'if wasResumed(value) then return TAKEN end\n  local reason', to: 'local reason' },
  { script: 'batch', from: 'if missing(value) == TAKEN then return TAKEN end', to: 'missing(value)' },
  { script: 'mark', from: "write('out:')", to: "write('')" },
  { script: 'mark', from: 'math.max(now + duration, quarantinedUntil or 0)', to: 'now + duration' },
  {
    script: 'mark',
    from: "mode == 'plant' and not markedRun and not planted",
    to: "mode == 'plant' and not markedRun",
  },
  { script: 'mark', from: "call('PEXPIRE', key, duration)", to: '' },
  {
    script: 'mark',
    from: "mode == 'seats' and nextStamp ~= '' and not isNew and markedStamp == state .. stamp",
    to: "mode == 'seats' and nextStamp ~= '' and not isNew",
  },
  { script: 'mark', from: 'state .. stamp\n  and markedSeats == replaced', to: 'state .. stamp' },
  { script: 'mark', from: "nextStamp ~= '' and not isNew and", to: "nextStamp ~= '' and" },
  { script: 'mark', from: "'stamp', state .. nextStamp, 'seats', seats", to: "'seats', seats" },
  {
    script: 'mark',
    from: "'stamp', state .. nextStamp, 'seats', seats",
    to: "'stamp', nextStamp, 'seats', seats",
  },
  {
    script: 'mark',
    from: "if nextStamp ~= '' and markedStamp ~= 'out:' .. stamp then isOver = false end",
    to: '',
  },
  { script: 'mark', from: ' or markedStamp == state .. replaced then', to: ' then' },
  { script: 'mark', from: '(not isNew and markedStamp == state .. replaced)', to: 'false' },
  { script: 'batch', from: "deadline .. ' ' .. mark)", to: "deadline .. ' x')" },
  { script: 'mark', from: 'not markedRun and planted == stamp', to: 'not markedRun and planted' },
  { script: 'mark', from: 'not markedRun and planted == stamp', to: 'not markedRun' },
  { script: 'mark', from: "if planted then call('DEL', key) end", to: '' },
  {
    script: 'mark',
    from: "mode == 'found' and markedStamp == 'new:' .. stamp and markedSeats == replaced",
    to: "mode == 'found' and markedStamp == 'new:' .. stamp",
  },
  {
    script: 'mark',
    from: "mode == 'open' and markedStamp == 'new:' .. stamp and markedSeats == replaced",
    to: "mode == 'open' and markedStamp == 'new:' .. stamp",
  },
  {
    script: 'mark',
    from: "'fleet', fleet, 'stamp', stamp, 'seats', seats)",
    to: "'stamp', stamp, 'seats', seats)",
  },
  {
    script: 'mark',
    from: "'fleet', fleet, 'stamp', stamp, 'seats', seats)",
    to: "'fleet', fleet, 'stamp', stamp)",
  },
  { script: 'mark', from: '(markedRun ~= run or (isNew and markedSeats ~= seats)', to: '(markedRun ~= run' },
  { script: 'mark', from: '(isNew and markedSeats ~= seats)', to: 'isNew' },
  { script: 'mark', from: 'if not markedRun or isNew or', to: 'if' },
  { script: 'mark', from: "'until', 'forgot', 'restorer'", to: "'until', 'restorer'" },
  { script: 'mark', from: ", 'longest', math.max(markedLongest, longest))", to: ')' },
  { script: 'mark', from: "(mode == 'restored' and isSameStay)", to: "mode == 'restored'" },
  {
    script: 'mark',
    from: "(mode == 'restored' and isSameStay)",
    to: "(mode == 'restored' and markedRun == run)",
  },
  { script: 'mark', from: "mode == 'claim' and isSameStay", to: "mode == 'claim'" },
  { script: 'mark', from: 'markedRestorer ~= restorer and now < claimed', to: 'now < claimed' },
  { script: 'mark', from: ' and now < claimed and', to: ' and' },
  { script: 'mark', from: ' and claimed <= now + duration', to: '' },
  { script: 'mark', from: "call('HDEL', key, 'restorer', 'progress', 'claimed')", to: '' },
  { script: 'greet', from: 'claimed and now < tonumber(claimed)', to: 'claimed' },
  { script: 'list', from: 'if mark ~= stamp then return { heading, barred() } end', to: '' },
  { script: 'list', from: "found[1] ~= '0' and found[1]", to: 'false' },
  { script: 'list', from: "found[1] ~= '0' and found[1]", to: 'found[1]' },
  { script: 'list', from: 'if not (stem and', to: 'if not (false and' },
  { script: 'list', from: 'if not (stem and', to: 'if not (' },
  { script: 'list', from: "(stem or '{'", to: "('{'" },
  { script: 'list', from: "(stem or '{' .. key .. '}')", to: 'key' },
  { script: 'list', from: 'of == value and bearer or 0', to: 'bearer or 0' },
  { script: 'restore', from: "if mark ~= 'out:' .. stamp then return { heading, UNMARKED } end", to: '' },
  { script: 'restore', from: "mark ~= 'out:' .. stamp", to: "string.sub(mark or '', 1, 4) ~= 'out:'" },
  { script: 'restore', from: "mark ~= 'out:' .. stamp", to: "mark ~= 'out:' .. stamp and mark ~= stamp" },
  { script: 'restore', from: 'if left < ttl then call', to: 'if true then call' },
  { script: 'restore', from: "if left < ttl then call('PEXPIRE', lock, ttl) end", to: '' },
  { script: 'restore', from: "call('SET', lock, TOMBSTONE, 'PX', life)", to: '' },
  { script: 'restore', from: "TOMBSTONE, 'PX', life", to: "value, 'PX', life" },
  { script: 'restore', from: "TOMBSTONE, 'PX', life", to: "TOMBSTONE, 'PX', ttl" },
  { script: 'restore', from: 'return life, value', to: 'return ttl, value' },
  { script: 'restore', from: 'math.max(bearer, tonumber(known))', to: 'bearer' },
  { script: 'restore', from: 'if stays == value then', to: 'if true then' },
  { script: 'tidy', from: 'if mark ~= stamp then return { heading, barred() } end', to: '' },
  { script: 'tidy', from: 'holders[i] == value and', to: 'holders[i] and' },
  { script: 'tidy', from: ' and math.abs(now + elapsed() + left - expiresAt) <= SAME_TIME', to: '' },
  {
    script: 'tidy',
    from: 'math.abs(now + elapsed() + left - expiresAt)',
    to: 'now + elapsed() + left - expiresAt',
  },
  { script: 'tidy', from: 'math.abs(now + elapsed() + left - expiresAt)', to: 'expiresAt - now - left' },
  { script: 'tidy', from: 'serveNext(lock, KEYS[count + i])', to: '' },
]

let fleet: Fleet
let client: Client
beforeAll(async () => {
  fleet = await startFleet({ nodes: 1, backend: 'processes' })
  client = await open(fleet.urls[0] as string)
})
afterAll(async () => {
  client.destroy()
  await fleet.dispose()
})

test.each(FAULTS)('conformance finds in $script.lua, instead of $from: $to', async (fault) => {
  const link = linkWith(linkToNodeRedis(client, 'faulty'), fault)
  const over = fault.script === 'batch' ? amongOthers : oneByOne
  await expect(conformanceOf(over(new ScriptNode(link)), 200)).rejects.toThrow()
})

test('conformance finds nothing in the scripts as they are', async () => {
  await conformanceOf(oneByOne(new ScriptNode(linkToNodeRedis(client, 'faultless'))), 50)
})

test('a planted fault whose text is not found once is an error', () => {
  const fault = { script: 'acquire', from: 'no such text', to: '' } as const
  expect(() => linkWith(linkToNodeRedis(client, 'faulty'), fault)).toThrow('no such text')
})

/** A link over which one script arrives changed. */
function linkWith(link: RedisLink, { script, from, to }: PlantedFault): RedisLink {
  const { sha1, source } = embedded[script]
  if (source.split(from).length !== 2) throw new Error(`Expected ${script}.lua to have this once: ${from}`)
  const faulty = source.replace(from, () => to)
  const faultySha1 = createHash('sha1').update(faulty).digest('hex')
  const send: RedisLink['send'] = ([verb = '', name = '', ...args], key) => {
    const sent = name === source ? faulty : name === sha1 ? faultySha1 : name
    return link.send([verb, sent, ...args], key)
  }
  return { ...link, send }
}

/** Runs the checks of the suite one after another, and rejects with the first failure. */
async function conformanceOf(node: LockNode, sequences: number): Promise<void> {
  const checks: (() => Promise<void>)[] = []
  const run = (body: () => Promise<void>): void => void checks.push(body)
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (_: string, body: () => Promise<void>) => run(body),
    beforeAll: run,
    afterAll: () => undefined,
  }
  lockNodeConformance('a faulty node', () => node, { runner, sequences })
  try {
    for (const check of checks) await check()
  } finally {
    // Its subscriber would try to connect for ever once the server is gone.
    await node.close?.()
  }
}
