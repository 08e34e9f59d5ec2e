/** A row of a timeline. */
export interface Lane {
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
const labelWidth = 90
const rowHeight = 22

/** A timeline as SVG. Kinds differ in pattern as well as in shade, for paper in black and white. */
export function lanes(rows: readonly Lane[], from: number, to: number): string {
  if (rows.length === 0) return '<p>None.</p>'
  const height = rows.length * rowHeight + 20
  const kinds = kindsOf(rows)
  const x = (at: number): number => labelWidth + ((at - from) / (to - from)) * (width - labelWidth)
  const bars = rows.flatMap(({ name, spans }, row) => [
    `<text x="0" y="${row * rowHeight + 15}">${escape(name)}</text>`,
    `<line x1="${labelWidth}" x2="${width}" y1="${(row + 1) * rowHeight - 1}" y2="${(row + 1) * rowHeight - 1}" stroke="#ddd"/>`,
    ...spans.map(({ from: start, to: end, kind, title }) => {
      const left = x(start)
      const long = Math.max(0.4, x(Math.min(end, to)) - left)
      return `<rect x="${left.toFixed(1)}" y="${row * rowHeight + 3}" width="${long.toFixed(1)}" height="${rowHeight - 7}" fill="${fill(kinds.indexOf(kind))}"><title>${escape(title)}</title></rect>`
    }),
  ])
  return `<div class="scroll"><svg viewBox="0 0 ${width} ${height}" role="img">${bars.join('')}${axis(from, to, height, x)}</svg></div>`
}

/** What the shades of a timeline mean, with how often each occurs. */
export function legend(rows: readonly Lane[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of rows.flatMap(({ spans }) => spans)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const items = kindsOf(rows).map(
    (kind, index) =>
      `<span><svg viewBox="0 0 14 10" style="display:inline;min-width:0;width:14px"><rect width="14" height="10" fill="${fill(index)}"/></svg> ${escape(kind)} (${counts.get(kind) ?? 0})</span>`,
  )
  return `<div class="legend">${items.join('')}</div>`
}

export function axis(from: number, to: number, height: number, x: (at: number) => number): string {
  const ticks = Array.from({ length: 6 }, (_, index) => from + ((to - from) * index) / 5)
  return ticks
    .map((at, index) => {
      const anchor = index === 5 ? 'end' : 'middle'
      return `<text x="${x(at).toFixed(1)}" y="${height - 4}" text-anchor="${anchor}">${((at - from) / 1_000).toFixed(0)} s</text>`
    })
    .join('')
}

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function kindsOf(rows: readonly Lane[]): readonly string[] {
  return [...new Set(rows.flatMap(({ spans }) => spans.map(({ kind }) => kind)))].sort()
}

/** Neighbours in the legend differ in lightness as well as in hue. */
function fill(index: number): string {
  const lightness = [25, 60, 40, 75][index % 4] ?? 50
  return `hsl(${(index * 67) % 360} 65% ${lightness}%)`
}
