// `npm run demo`: workers contend for locks over five nodes while nodes are killed, frozen and brought back and a worker
// crashes. With a Redis server (or Docker) the nodes are real and each worker is a process; otherwise all is in memory.
// QUORUMLOCK_DEMO=memory asks for the latter.
import type { Inspection } from '@quorumlock/core'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkMutualExclusion, checkTokens, renderReport, startFleet } from '@quorumlock/testing'
import { Crew } from './crew.js'
import { now } from './events.js'
import { Annals } from './history.js'
import { Troubles } from './troubles.js'
import { memoryStage } from './memory-stage.js'
import { Score } from './score.js'
import type { Stage } from './stage.js'
import { length, play } from './story.js'
import { summaryOf } from './summary.js'
import { liveView, plainView } from './view.js'
import { names } from './work.js'

async function chooseStage(): Promise<Stage> {
  if (process.env['QUORUMLOCK_DEMO'] === 'memory') return memoryStage('as asked for')
  try {
    const { serversStage } = await import('./servers-stage.js')
    return await serversStage(await startFleet({ nodes: 5 }))
  } catch (error) {
    return memoryStage(`since no Redis servers could be started: ${(error as Error).message.split('\n')[0]}`)
  }
}

const controller = new AbortController()
const { signal } = controller
const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    process.exitCode = 128 + numbers[name]
    controller.abort()
  })
}

const stage = await chooseStage()
const isLive = process.stdout.isTTY && process.env['TERM'] !== 'dumb'
const view = isLive ? liveView(process.stdout) : plainView(process.stdout)
let start = now()
const score = new Score()
const annals = new Annals()
const troubles = new Troubles()
const log: string[] = []
const tell = (line: string): void => {
  const stamped = `${((now() - start) / 1000).toFixed(1).padStart(5)} s  ${line}`
  log.push(stamped)
  view.say(stamped)
}
const crew = new Crew(stage, score, (name, event) => {
  annals.note(name, event)
  if (event.kind === 'failed') tell(`${name} could not have ${event.resources.join(' + ')}: ${event.why}`)
  if (event.kind === 'left' && event.outcome === 'lost') tell(`${name} lost ${event.resources.join(' + ')}`)
})

/** Looks at the nodes and the locks, and shows them: ten times a second, or a line a second. */
async function watch(): Promise<void> {
  const locks = new Map<string, Inspection | string>()
  let told = -Infinity
  while (!signal.aborted && !ended) {
    const looks = names.map(async (name) => {
      locks.set(name, await stage.observer.inspect(name).catch(() => 'no majority answers'))
    })
    await Promise.all(looks)
    const nodes = stage.observer.health()
    const second = (now() - start) / 1000
    view.draw({
      second,
      length,
      title: stage.title,
      nodes,
      locks,
      workers: crew.views,
      sections: score.sections,
      log,
    })
    if (!isLive && now() - told >= 2_000) {
      told = now()
      const states = nodes.map(({ state }) => state).join(' ')
      const holding = [...crew.views].filter(([, { state }]) => state === 'holding').map(([name]) => name)
      tell(`nodes: ${states} · inside: ${holding.join(', ') || 'nobody'} · ${score.sections} sections done`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function answers(): Promise<boolean> {
  return stage.observer.isLocked(names[0]!).then(
    () => true,
    () => false,
  )
}

let ended = false
try {
  if (!isLive) console.log(`On ${stage.title}`)
  // The first look only says that a majority answers; on a busy machine it may take several.
  while (!signal.aborted && !(await answers())) await new Promise((resolve) => setTimeout(resolve, 50))
  for (const name of ['anna', 'bert', 'cleo', 'dora']) crew.hire(name)
  while (!crew.ready && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50))
  start = now()
  const watching = watch()
  await play({ ...stage, nodes: troubles.watch(stage.nodes) }, crew, tell, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  ended = true
  await watching
} finally {
  ended = true
  await crew.dismiss()
  await stage.dispose()
  view.end()
}
if (isLive) for (const line of log) console.log(line)
console.log(summaryOf(score, stage.title, signal.aborted))
writeReport()
if (!score.holds) process.exitCode = 1

/** The same as a page: faults, holders and waits over time. */
function writeReport(): void {
  const { events: history } = annals
  const verdicts = [checkMutualExclusion(history), checkTokens(history)]
  const isValid = verdicts.every(({ outcome }) => outcome !== 'violated')
  const incidents = troubles.until(now())
  const skipped = new Map<string, string>()
  const result = { seed: 0, from: start, to: now(), history, incidents, skipped, verdicts, isValid }
  const path = join(tmpdir(), 'quorumlock-demo.html')
  writeFileSync(path, renderReport(result, 'quorumlock demo'))
  console.log(`  · drawn: ${path}`)
  if (!isValid) process.exitCode = 1
}
