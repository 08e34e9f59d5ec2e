// All libraries side by side on five real servers. `pnpm bench`; with arguments, from this folder:
//   --quick            a smoke test of everything, under a minute; writes nothing
//   --only <id>,<id>   only these scenarios; they replace their earlier results
//   --minutes <n>      starts no scenario after this many minutes (default 40)
import { parseArgs } from 'node:util'
import { startFleet } from '@quorumlock/testing'
import { disturbances, foreignLoad } from './disturbance.js'
import { machine } from './report/machine.js'
import type { Result } from './report/result.js'
import { table } from './report/table.js'
import { write } from './report/write.js'
import { scenarios } from './scenarios/all.js'
import { Context } from './scenarios/context.js'

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    minutes: { type: 'string', default: '40' },
  },
})
const ids = scenarios.map(({ id }) => id)
const wanted = given.only?.split(',') ?? ids
const unknown = wanted.filter((id) => !ids.includes(id))
if (unknown.length > 0)
  throw new RangeError(`Expected scenarios to be among ${ids.join(', ')}, got ${unknown.join(', ')}`)

const begin = performance.now()
const secondsSoFar = (): number => (performance.now() - begin) / 1_000
const log = (line: string): void => console.log(`${secondsSoFar().toFixed(0).padStart(5)} s  ${line}`)

await using fleet = await startFleet({ nodes: 5, backend: 'processes' })
const context = new Context(fleet, given.quick, log)
const chosen = scenarios.filter(({ id }) => wanted.includes(id))
try {
  const here = await machine(fleet)
  for (const [index, scenario] of chosen.entries()) {
    if (secondsSoFar() > Number(given.minutes) * 60) {
      log(
        `time is up; these scenarios were not run: ${chosen
          .slice(index)
          .map(({ id }) => id)
          .join(', ')}`,
      )
      break
    }
    log(`${index + 1} of ${chosen.length}: ${scenario.id}`)
    const load = await foreignLoad()
    const finding = await scenario.run(context)
    const result: Result = {
      ...finding,
      at: new Date().toISOString(),
      disturbances: disturbances(load, finding),
    }
    console.log(`\n${table(result)}\n`)
    for (const line of result.disturbances) log(`disturbed: ${line}`)
    // Immediately, so that no result is lost if a later scenario fails.
    if (!given.quick) write(here, [result], ids)
  }
} finally {
  await context.close()
}
log('done')
