import { chart } from './chart.js'
import type { Report, Result } from './result.js'
import { table } from './table.js'

export interface Page {
  readonly markdown: string
  /** By file name. */
  readonly charts: ReadonlyMap<string, string>
}

/** The whole report, for readers. */
export function page(report: Report, folder: string): Page {
  const charts = new Map<string, string>()
  const sections = report.results.map((result) => section(result, folder, charts))
  return { markdown: [head(report, folder), ...sections].join('\n\n') + '\n', charts }
}

function head(report: Report, folder: string): string {
  const { machine } = report
  const versions = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`)
  return `# Benchmarks

How does quorumlock compare with the alternatives? All libraries run on the same five real Redis servers, one after
another, each in its own process and with default options; for quorumlock these include fair waiting, renewal and the
guard against lost data. Each table is one run. Figures are medians over several rounds, ± half of the interquartile
range; in brackets, the ratio to the best peer. Absolute figures depend on the machine, so compare the ratios, and run
it yourself with \`pnpm bench\`.

- ${machine.cpu}, ${machine.cores} cores, ${machine.memory}; ${machine.system}; Node.js ${machine.node}; Redis ${machine.redis}
- ${versions.join(', ')}

_Bare commands_ are the lower bound: \`SET NX PX\` and a compare-and-delete script on every node, waiting for the first
majority, with no clock, no rollback and no retries. [performance.md](performance.md) explains what makes quorumlock fast.

The figures are in [results.json](${folder}/results.json). A run also writes all of its rounds, one file per scenario, to
\`benchmarks/samples\`, which is not in git.`
}

function section(result: Result, folder: string, charts: Map<string, string>): string {
  const drawing = chart(result)
  const parts = [`## ${result.title}`, result.method]
  if (result.disturbances.length > 0) {
    parts.push(`> **This run was disturbed.** ${result.disturbances.join('. ')}. Do not rely on its figures.`)
  }
  if (drawing !== undefined) {
    const file = `${result.id}.svg`
    charts.set(file, drawing)
    parts.push(`![${result.title}](${folder}/${file})`)
  }
  parts.push(table(result), `_${result.at}_`)
  return parts.join('\n\n')
}
