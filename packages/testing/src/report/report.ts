import { holdsOf, byResource, type Hold } from '../history/hold-table.js'
import type { Verdict } from '../history/verdict.js'
import type { Incident } from '../nemesis/nemesis.js'
import type { WorkloadResult } from '../workload/run-workload.js'
import { escape, legend, timelineChart, type TimelineRow, type TimelineStyle } from './timeline-chart.js'
import { latencyChart } from './latency-chart.js'

/** The most holds that are drawn; more are thinned out, as the report mentions. */
const mostDrawn = 4_000

const faultStyle: TimelineStyle = { rowHeight: 22, numbered: true }
const holderStyle: TimelineStyle = { rowHeight: 15, numbered: false }

/** A self-contained page: the faults over time, the holder of each lock, and the results of the checks. */
export function renderReport(result: WorkloadResult, title = 'Locks under faults'): string {
  const holds = holdsOf(result.history)
  const { from, to } = result
  const seconds = (to - from) / 1_000
  const nodes = nodeRows(result.incidents)
  const locks = lockRows(holds)
  const drawn = locks.reduce((sum, row) => sum + row.spans.length, 0)
  const failed = result.history.filter(({ kind }) => kind === 'failed').length
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head><body>
<h1>${result.isValid ? '✓' : '✗'} ${escape(title)}</h1>
<p>${seconds.toFixed(0)} s, seed ${result.seed}: ${holds.length} locks held, ${failed} failed attempts, ${result.incidents.length} faults.</p>
${verdictTable(result.verdicts)}
<h2>Nodes and faults</h2>${timelineChart(nodes, from, to, faultStyle)}${legend(nodes)}
<h2>Lock holders</h2><p>Where two rows of one lock are black at the same moment, it had two holders.${drawn < holds.length ? ` ${drawn} of ${holds.length} holds are drawn.` : ''}</p>${timelineChart(locks, from, to, holderStyle)}
<h2>How long an acquisition took</h2>${latencyChart(
    holds.map((hold) => ({ at: hold.from, ms: hold.from - hold.asked })),
    from,
    to,
  )}
<h2>How long the next holder waited</h2>${latencyChart(handOvers(holds), from, to)}
${skipped(result.skipped)}
</body></html>
`
}

function nodeRows(incidents: readonly Incident[]): readonly TimelineRow[] {
  const names = [...new Set(incidents.flatMap(({ nodes }) => nodes))].sort()
  return names.map((name) => ({
    name,
    spans: incidents
      .filter(({ nodes }) => nodes.includes(name))
      .map(({ fault, from, to }) => ({
        from,
        to,
        kind: fault,
        title: `${fault}, ${(to - from).toFixed(0)} ms`,
      })),
  }))
}

/** A row for each lock and client. An overlap shows as black in two rows of one lock. */
function lockRows(holds: readonly Hold[]): readonly TimelineRow[] {
  const every = Math.ceil(holds.length / mostDrawn)
  const clients = [...new Set(holds.map(({ client }) => client))].sort()
  return [...byResource(holds)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, group]) => {
      const drawn = group.filter((_, index) => index % every === 0)
      return clients.map((client) => ({
        name: `${name} · ${client}`,
        spans: drawn
          .filter((hold) => hold.client === client)
          .map((hold) => ({ from: hold.from, to: hold.to, kind: client, title: titleOf(hold) })),
      }))
    })
}

function titleOf({ attempt, from, to, token }: Hold): string {
  return `${attempt}, ${(to - from).toFixed(1)} ms${token === undefined ? '' : `, token ${token}`}`
}

function handOvers(holds: readonly Hold[]): readonly { readonly at: number; readonly ms: number }[] {
  return [...byResource(holds).values()].flatMap((group) => {
    const sorted = [...group].sort((a, b) => a.from - b.from)
    return sorted.slice(1).map((hold, index) => {
      const free = Math.max((sorted[index] as Hold).to, hold.asked)
      return { at: hold.from, ms: Math.max(0, hold.from - free) }
    })
  })
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const mark = { valid: '✓ holds', violated: '✗ violated', unknown: '? nothing to judge' }
  const rows = verdicts.map(
    ({ check, outcome, checked, violationCount, violations }) =>
      `<tr class="${outcome}"><th>${escape(check)}</th><td>${mark[outcome]}</td><td>${checked} checked</td><td>${
        violationCount === 0 ? '' : `${violationCount}: ${violations.map(escape).join('<br>')}`
      }</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

function skipped(faults: ReadonlyMap<string, string>): string {
  if (faults.size === 0) return ''
  const items = [...faults].map(([fault, why]) => `<li>${escape(fault)}: ${escape(why)}</li>`)
  return `<h2>Faults that this fleet cannot have</h2><ul>${items.join('')}</ul>`
}

const style = `
body{font:15px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:1100px;padding:0 .8rem;color:#111;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;white-space:nowrap;padding:.25rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
td:last-child{white-space:normal;width:50%}
tr.violated{font-weight:bold;outline:2px solid #111}
.scroll{overflow-x:auto}svg{display:block;min-width:640px;width:100%;height:auto;font:11px system-ui,sans-serif}
.legend{font-size:.85rem;columns:11rem;margin-top:.4rem}.legend span{display:block;break-inside:avoid}
svg.key{display:inline;min-width:0;width:22px;vertical-align:-2px}svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h2+p{break-after:avoid}.scroll{break-inside:avoid}
@media print{body{margin:0;font-size:12px}.scroll{overflow:visible}svg{min-width:0}}
@media screen and (max-width:600px){.scroll svg{min-width:900px}th{white-space:normal}td:last-child{width:auto}th,td{padding:.25rem .3rem;font-size:.85rem}}`
