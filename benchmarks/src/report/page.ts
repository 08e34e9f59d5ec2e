import { chart } from './chart.js'
import type { Report, Result } from './result.js'
import { table } from './table.js'

export interface Page {
  readonly markdown: string
  /** By file name. */
  readonly charts: ReadonlyMap<string, string>
}

/** The whole report for people. */
export function page(report: Report, chartFolder: string): Page {
  const charts = new Map<string, string>()
  const sections = report.results.map((result) => section(result, chartFolder, charts))
  return { markdown: [head(report), ...sections].join('\n\n') + '\n', charts }
}

function head(report: Report): string {
  const { machine } = report
  const versions = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`)
  return `# Benchmarks

What does one gain over what one would otherwise pick? All libraries on the same five real Redis servers, in turn, each
in a process of its own, with default options: for quorumlock that means fair waiting, renewal and the guard against
lost data. A table is one run. Figures are medians over several rounds, ± half of the middle half's width; in brackets
the multiple of the best peer's figure. Absolute figures belong to the machine: look at the ratios, and run it yourself
with \`pnpm bench\`.

- ${machine.cpu}, ${machine.cores} cores, ${machine.memory}; ${machine.system}; Node.js ${machine.node}; Redis ${machine.redis}
- ${versions.join(', ')}

_Bare commands_ are the floor: \`SET NX PX\` and a compare-and-delete script on every node, waiting for the first
majority, with no clock, no roll-back and no retry. What makes quorumlock fast is told in [performance.md](performance.md).`
}

function section(result: Result, folder: string, charts: Map<string, string>): string {
  const drawing = chart(result)
  const parts = [`## ${result.title}`, result.method]
  if (result.disturbances.length > 0) {
    parts.push(`> **This run was disturbed.** ${result.disturbances.join('. ')}. Its figures mean little.`)
  }
  if (drawing !== undefined) {
    const file = `${result.id}.svg`
    charts.set(file, drawing)
    parts.push(`![${result.title}](${folder}/${file})`)
  }
  parts.push(table(result), `_${result.at}_`)
  return parts.join('\n\n')
}
