import type { Finding, Row } from './result.js'
import { middleOf } from './table.js'

const WIDTH = 760
const LABEL = 210
const BAR = 22
const GAP = 8
const TOP = 44
const COLOURS: Readonly<Record<Row['kind'], string>> = { ours: '#1a7f5a', peer: '#8a8f98', floor: '#c9ccd1' }

/** One column of a scenario as horizontal bars. */
export function chart(result: Finding): string | undefined {
  const column = result.columns.find(({ key }) => key === result.drawn)
  if (column === undefined) return undefined
  const bars = result.rows
    .map((row) => ({ row, figure: middleOf(row.values[column.key]) }))
    .filter(({ figure }) => Number.isFinite(figure))
  if (bars.length === 0) return undefined
  const most = Math.max(...bars.map(({ figure }) => figure))
  const scale = (WIDTH - LABEL - 90) / (most || 1)
  const lines = bars.map(({ row, figure }, index) => {
    const y = TOP + index * (BAR + GAP)
    const middle = y + BAR / 2 + 4
    const width = Math.max(1, figure * scale)
    const shown = figure.toLocaleString('en', { maximumFractionDigits: column.digits })
    return [
      `<text x="${LABEL - 8}" y="${middle}" text-anchor="end">${escaped(row.name)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${COLOURS[row.kind]}"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${middle}">${shown}</text>`,
    ].join('')
  })
  const height = TOP + bars.length * (BAR + GAP) + 8
  const hint = column.better === undefined ? '' : ` (${column.better} is better)`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="12" y="24" font-size="15" font-weight="600">${escaped(result.title)}: ${escaped(column.title)}${hint}</text>
${lines.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
