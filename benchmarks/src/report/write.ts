import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { page } from './page.js'
import type { Machine, Report, Result } from './result.js'

const docs = fileURLToPath(new URL('../../../docs', import.meta.url))
const folder = join(docs, 'benchmarks')
const file = join(folder, 'results.json')
/** Not in git: every round of the last run of each scenario. */
const samples = fileURLToPath(new URL('../../samples', import.meta.url))

/** Replaces the earlier results of the same scenarios, and draws the whole report again. */
export function write(machine: Machine, results: readonly Result[], order: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  mkdirSync(samples, { recursive: true })
  const all = new Map(earlier(machine).map((result) => [result.id, result]))
  for (const result of results) {
    all.set(result.id, result)
    writeFileSync(join(samples, `${result.id}.json`), `${JSON.stringify({ machine, ...result }, null, 1)}\n`)
  }
  const sorted = [...all.values()].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  const report: Report = { machine, results: sorted }
  const { markdown, charts } = page(report, 'benchmarks')
  writeFileSync(join(docs, 'benchmarks.md'), markdown)
  for (const [name, svg] of charts) writeFileSync(join(folder, name), svg)
  writeFileSync(file, `${lines(JSON.parse(withoutRounds(report)))}\n`)
}

function withoutRounds(report: Report): string {
  return JSON.stringify(report, (key, value: unknown) => (key === 'rounds' ? undefined : value))
}

/** JSON with one line per row of a table, so that a difference shows which contender it concerns. */
function lines(value: unknown, indent = ''): string {
  const isRow = value instanceof Object && ('key' in value || 'kind' in value)
  if (!(value instanceof Object) || isRow) return JSON.stringify(value)
  const inner = `${indent} `
  const isList = Array.isArray(value)
  const parts = Object.entries(value).map(
    ([key, part]) => `${inner}${isList ? '' : `${JSON.stringify(key)}: `}${lines(part, inner)}`,
  )
  const text = parts.length === 0 ? '' : `\n${parts.join(',\n')}\n${indent}`
  return isList ? `[${text}]` : `{${text}}`
}

/** Results from another machine or other versions do not belong beside new ones. */
function earlier(machine: Machine): readonly Result[] {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    return JSON.stringify(report.machine) === JSON.stringify(machine) ? report.results : []
  } catch {
    return []
  }
}
