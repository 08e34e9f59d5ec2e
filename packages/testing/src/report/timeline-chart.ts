/** A row of a timeline. */
export interface TimelineRow {
  readonly name: string
  readonly spans: readonly Span[]
}

export interface Span {
  readonly from: number
  readonly to: number
  /** Decides how it looks. */
  readonly kind: string
  readonly title: string
}

const width = 1_000
/** The same for all charts, so that simultaneous events are in one column. */
export const labelWidth = 140

/** How the rows of a timeline are drawn. */
export interface TimelineStyle {
  /** Pixels; a chart is a thousand wide. */
  readonly rowHeight: number
  /** Whether bars show the number of their kind in the legend, so that a black-and-white print is readable; else black. */
  readonly numbered: boolean
}

/** A timeline as SVG. */
export function timelineChart(
  rows: readonly TimelineRow[],
  from: number,
  to: number,
  style: TimelineStyle,
): string {
  if (rows.length === 0) return '<p>None.</p>'
  const { rowHeight, numbered } = style
  const height = rows.length * rowHeight + 24
  const kinds = kindsOf(rows)
  const within = (at: number): number => Math.min(Math.max(at, from), to)
  const x = (at: number): number => labelWidth + ((at - from) / (to - from)) * (width - labelWidth)
  const bars = rows.flatMap(({ name, spans }, row) => {
    const top = row * rowHeight
    return [
      `<text x="0" y="${top + rowHeight / 2 + 4}">${escape(name)}</text>`,
      `<line x1="${labelWidth}" x2="${width}" y1="${top + rowHeight - 1}" y2="${top + rowHeight - 1}" stroke="#ddd"/>`,
      ...spans
        .filter((span) => span.to > from && span.from < to)
        .map(({ from: start, to: end, kind, title }) => {
          const left = x(within(start))
          const long = Math.max(0.4, x(within(end)) - left)
          const index = kinds.indexOf(kind)
          const bar = `<rect x="${left.toFixed(1)}" y="${top + 2}" width="${long.toFixed(1)}" height="${rowHeight - 5}" fill="${numbered ? fill(index) : '#111'}"><title>${escape(title)}</title></rect>`
          const isRoomy = long >= 8 * String(index + 1).length
          return numbered && isRoomy ? bar + keyOf(index, left + long / 2, top + rowHeight / 2 + 3) : bar
        }),
    ]
  })
  return `<div class="scroll"><svg viewBox="0 0 ${width} ${height}" role="img">${bars.join('')}${axis(from, to, height, x)}</svg></div>`
}

/** What the numbers and shades of a timeline mean, with how often each occurs. */
export function legend(rows: readonly TimelineRow[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of rows.flatMap(({ spans }) => spans)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const items = kindsOf(rows).map(
    (kind, index) =>
      `<span><svg class="key" viewBox="0 0 22 14"><rect width="22" height="14" fill="${fill(index)}"/>${keyOf(index, 11, 11)}</svg> ${escape(kind)} (${counts.get(kind) ?? 0})</span>`,
  )
  return `<div class="legend">${items.join('')}</div>`
}

/** Whole seconds, in steps of one, two or five. */
export function axis(from: number, to: number, height: number, x: (at: number) => number): string {
  const seconds = (to - from) / 1_000
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(seconds / 8, 1)))
  const step = magnitude * ([1, 2, 5, 10].find((times) => seconds / (times * magnitude) <= 8) ?? 10)
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => {
    const at = x(from + index * step * 1_000)
    const anchor = at > width - 15 ? 'end' : 'middle'
    return `<text x="${at.toFixed(1)}" y="${height - 4}" text-anchor="${anchor}">${index * step} s</text>`
  }).join('')
}

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function kindsOf(rows: readonly TimelineRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ spans }) => spans.map(({ kind }) => kind)))].sort()
}

function keyOf(index: number, x: number, y: number): string {
  const ink = lightness(index) < 50 ? '#fff' : '#111'
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle" fill="${ink}" pointer-events="none">${index + 1}</text>`
}

/** Neighbours in the legend differ in lightness as well as in hue. */
function fill(index: number): string {
  return `hsl(${(index * 67) % 360} 65% ${lightness(index)}%)`
}

function lightness(index: number): number {
  return [25, 70, 40, 82][index % 4] ?? 50
}
