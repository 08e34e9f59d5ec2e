// `npm run demo`: workers contend for locks over five nodes while nodes are killed, frozen and brought back and a worker
// crashes. With a Redis server (or Docker) the nodes are real and each worker is a process; otherwise all is in memory.
// QUORUMLOCK_DEMO=memory asks for the latter.
import type { Inspection } from '@quorumlock/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machineNow, renderReport, startFleet, type Incident } from '@quorumlock/testing'
import { Crew } from './crew.js'
import { countersIn } from './counters.js'
import { memoryStage } from './memory-stage.js'
import type { Stage } from './stage.js'
import { length, play } from './story.js'
import { judge, summaryOf } from './summary.js'
import { liveView, plainView } from './view.js'
import { resourceNames } from './work.js'

/** For the counters that the locks protect. */
const folder = mkdtempSync(join(tmpdir(), 'quorumlock-demo-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

async function chooseStage(): Promise<Stage> {
  if (process.env['QUORUMLOCK_DEMO'] === 'memory') return memoryStage(folder, 'as asked for')
  try {
    const { serversStage } = await import('./servers-stage.js')
    return await serversStage(folder, await startFleet({ nodes: 5 }))
  } catch (error) {
    return memoryStage(
      folder,
      `since no Redis servers could be started: ${(error as Error).message.split('\n')[0]}`,
    )
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
let start = machineNow()
const incidents: Incident[] = []
const log: string[] = []
const report = (line: string): void => {
  const stamped = `${((machineNow() - start) / 1000).toFixed(1).padStart(5)} s  ${line}`
  log.push(stamped)
  view.showLine(stamped)
}
const crew = new Crew(stage, report)

/** Inspects the nodes and the locks, and shows them: ten times a second, or a line every two seconds. */
async function show(): Promise<void> {
  const locks = new Map<string, Inspection | string>()
  let lastLineAt = -Infinity
  while (!signal.aborted && !ended) {
    const looks = resourceNames.map(async (name) => {
      locks.set(name, await stage.observer.inspect(name).catch(() => 'no majority answers'))
    })
    await Promise.all(looks)
    const nodes = stage.observer.health()
    const second = (machineNow() - start) / 1000
    view.draw({
      second,
      length,
      title: stage.title,
      nodes,
      locks,
      workers: crew.views,
      sections: crew.sections,
      log,
    })
    if (!isLive && machineNow() - lastLineAt >= 2_000) {
      lastLineAt = machineNow()
      const states = nodes.map(({ state }) => state).join(' ')
      const holding = [...crew.views].filter(([, { state }]) => state === 'holding').map(([name]) => name)
      report(`nodes: ${states} · inside: ${holding.join(', ') || 'none'} · ${crew.sections} sections done`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function answers(): Promise<boolean> {
  return stage.observer.isLocked(resourceNames[0]!).then(
    () => true,
    () => false,
  )
}

let ended = false
try {
  if (!isLive) console.log(`On ${stage.title}`)
  // A first answer of a majority; on a busy machine it may take several attempts.
  while (!signal.aborted && !(await answers())) await new Promise((resolve) => setTimeout(resolve, 50))
  for (const name of ['anna', 'bert', 'cleo', 'dora']) crew.hire(name)
  while (!crew.ready && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50))
  start = machineNow()
  const showing = show()
  await play(stage, crew, report, incidents, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  ended = true
  await showing
} finally {
  ended = true
  await crew.dismiss()
  await stage.dispose()
  view.end()
}
if (isLive) for (const line of log) console.log(line)
const counters = countersIn(folder)
const verdicts = judge(crew.history, new Map(resourceNames.map((name) => [name, counters.read(name)])))
const isValid = verdicts.every(({ outcome }) => outcome !== 'violated')
console.log(summaryOf(crew, verdicts, stage.title, signal.aborted))

// The same as a page: faults, holders and waits over time.
const page = renderReport(
  {
    seed: 0,
    from: start,
    to: machineNow(),
    history: crew.history,
    incidents,
    verdicts,
    isValid,
    skipped: new Map(),
  },
  'quorumlock demo',
)
const path = join(tmpdir(), 'quorumlock-demo.html')
writeFileSync(path, page)
console.log(`  · report: ${path}`)
if (!isValid) process.exitCode = 1
