// Replays one run with a readable trace: node scripts/simulate.mjs --seed 7 [--world safe] [--plan '{…}'] [--last 200] [--reduce]
import process from 'node:process'
import { parseArgs } from 'node:util'
import { compiled } from './compiled.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    world: { type: 'string', default: 'safe' },
    plan: { type: 'string', default: '{}' },
    last: { type: 'string', default: 'Infinity' },
    reduce: { type: 'boolean', default: false },
  },
})
const { simulate } = await import(compiled('simulate'))
const { reduce, replayCommand } = await import(compiled('reduce'))

let options = { seed: Number(values.seed), world: values.world, plan: JSON.parse(values.plan) }
if (!Number.isSafeInteger(options.seed)) throw new TypeError('Expected --seed to be a whole number')
if (values.reduce) {
  const { changes, runs } = await reduce(options)
  options = { ...options, plan: changes }
  console.log(`Reduced in ${runs} runs: ${replayCommand(options, changes)}\n`)
}
const { trace, plan, violation, hash, attempts, rounds } = await simulate({ ...options, trace: true })
console.log(trace.slice(-Math.min(trace.length, Number(values.last))).join('\n'))
console.log({ ...plan, faults: [...plan.faults].join(' '), features: [...plan.features].join(' ') })
console.log({ hash, attempts, rounds, violation })
process.exitCode = violation === undefined ? 0 : 1
