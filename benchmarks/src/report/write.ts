import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { page } from './page.js'
import type { Machine, Report, Result } from './result.js'

const docs = fileURLToPath(new URL('../../../docs', import.meta.url))
const folder = join(docs, 'benchmarks')
const file = join(folder, 'results.json')

/** Puts the results in place of earlier ones of the same scenarios and draws everything anew. */
export function write(machine: Machine, results: readonly Result[], order: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  const all = new Map(earlier(machine).map((result) => [result.id, result]))
  for (const result of results) all.set(result.id, result)
  const sorted = [...all.values()].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  const report: Report = { machine, results: sorted }
  const { markdown, charts } = page(report, 'benchmarks')
  writeFileSync(join(docs, 'benchmarks.md'), markdown)
  for (const [name, svg] of charts) writeFileSync(join(folder, name), svg)
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`)
}

/** Results of another machine or of other versions would not fit beside these. */
function earlier(machine: Machine): readonly Result[] {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    return JSON.stringify(report.machine) === JSON.stringify(machine) ? report.results : []
  } catch {
    return []
  }
}
