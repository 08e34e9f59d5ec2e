// Many seeds on all cores: node scripts/soak.mjs --seeds 100000 [--from 1] [--world safe] [--minutes 20]
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compiled } from './compiled.mjs'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    world: { type: 'string', default: 'safe' },
    minutes: { type: 'string', default: 'Infinity' },
    processes: { type: 'string', default: String(availableParallelism()) },
  },
})
const BATCH = 100
const SHOWN = 20
/** A reduction takes some hundred runs. */
const REDUCED = 3
const { world } = values
/** In others violations are expected. */
const isSafe = ['safe', 'edges', 'restoring'].includes(world)
const end = Number(values.from) + Number(values.seeds)
const deadline = Date.now() + Number(values.minutes) * 60_000
const began = Date.now()
const total = { seeds: 0, attempts: 0, rounds: 0, cpu: 0 }
const marks = {}
const violations = []
let next = Number(values.from)
let shownAt = began

compiled('simulate')
const worker = fileURLToPath(new URL('soak-worker.mjs', import.meta.url))
await Promise.all(Array.from({ length: Number(values.processes) }, work))
show()
console.log(Object.fromEntries(Object.entries(marks).sort(([, a], [, b]) => a - b)))
violations.sort((a, b) => a.seed - b.seed)
for (const violation of violations.slice(REDUCED, SHOWN)) tell(violation)
if (violations.length > 0) await tellReduced(violations.slice(0, REDUCED))
process.exitCode = violations.length > 0 && isSafe ? 1 : 0

function work() {
  return new Promise((resolve, reject) => {
    const child = fork(worker, { execArgv: ['--max-semi-space-size=64'] })
    const give = () => {
      if (next >= end || Date.now() > deadline) {
        child.disconnect()
        resolve()
        return
      }
      const from = next
      next = Math.min(end, next + BATCH)
      child.send({ from, to: next, world })
    }
    child.on('message', (result) => {
      take(result)
      give()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`A worker ended with code ${code}`))
    })
    give()
  })
}

function take(result) {
  for (const name of Object.keys(total)) total[name] += result[name]
  for (const [mark, count] of Object.entries(result.marks)) marks[mark] = (marks[mark] ?? 0) + count
  violations.push(...result.violations)
  if (isSafe) for (const violation of result.violations) tell(violation)
  if (Date.now() - shownAt > 10_000) {
    shownAt = Date.now()
    show()
  }
}

function tell({ seed, kind, what }) {
  const inWorld = world === 'safe' ? '' : ` --world ${world}`
  console.log(
    `${kind}: ${what}\n  pnpm --filter @quorumlock/testing simulate --seed ${seed}${inWorld} --reduce`,
  )
}

/** Made small, so that what is left of the plan is what it takes. */
async function tellReduced(found) {
  const { reduce, replayCommand } = await import(compiled('reduce'))
  for (const { seed } of found) {
    const options = { seed, world }
    const { changes, report, runs } = await reduce(options)
    const { kind, what } = report.violation ?? { kind: 'no violation', what: 'it came once only' }
    console.log(`${kind}: ${what}\n  reduced in ${runs} runs: ${replayCommand(options, changes)}`)
  }
}

function show() {
  const seconds = (Date.now() - began) / 1_000
  const { seeds, attempts, rounds, cpu } = total
  const attemptsPerCore = Math.round(rounds / cpu)
  console.log(
    `${seeds} of ${values.seeds} seeds in ${seconds.toFixed(0)} s · ${violations.length} violations · ` +
      `${attempts} acquisitions, ${rounds} attempts · ${attemptsPerCore} attempts per second and core`,
  )
}
