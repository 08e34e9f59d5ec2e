import type { FaultTarget } from './target.js'
import type { Fault } from './fault.js'
import type { Undo } from '../undo.js'

export type ClockFault = 'clock step' | 'clock back' | 'fast clock' | 'slow clock'

/** Faults of the server's wall clock, by which keys expire. */
export const clockFaults: Readonly<Record<ClockFault, Fault>> = {
  'clock step': {
    group: 'clock',
    about: 'the clock jumps by ms milliseconds',
    losesData: true,
    inject: (node, { ms = 60_000 }) => stepped(node, ms),
  },
  'clock back': {
    group: 'clock',
    about: 'the clock jumps back by ms milliseconds, so keys live longer',
    inject: (node, { ms = 60_000 }) => stepped(node, -ms),
  },
  'fast clock': {
    group: 'clock',
    about: 'the clock runs twice as fast',
    losesData: true,
    obstacle: needsClock,
    inject: (node) => drifting(node, 2),
  },
  'slow clock': {
    group: 'clock',
    about: 'the clock runs at half the speed',
    obstacle: needsClock,
    inject: (node) => drifting(node, 0.5),
  },
}

function needsClock(node: FaultTarget): string | undefined {
  return node.server.clock === undefined
    ? 'the clock of this server cannot be set; that requires processes, Linux and a C compiler'
    : undefined
}

async function stepped(node: FaultTarget, ms: number): Promise<Undo> {
  const { clock } = node.server
  if (clock === undefined) return shifted(node, ms)
  clock.step(ms)
  return async () => clock.step(-ms)
}

async function drifting(node: FaultTarget, rate: number): Promise<Undo> {
  const { clock } = node.server
  clock?.drift(rate)
  return async () => clock?.reset()
}

/** For the keys, a clock that jumps forward is equivalent to a shorter time to live. `TIME` does not show it, though. */
async function shifted(node: FaultTarget, ms: number): Promise<Undo> {
  const shift = (by: number): Promise<string> =>
    node.command('EVAL', shiftScript, '0', String(Math.round(by)))
  await shift(ms)
  return async () => {
    await shift(-ms)
  }
}

const shiftScript = `
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local left = redis.call('PTTL', key)
    if left > 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
  end
until cursor == '0'
return 1`
