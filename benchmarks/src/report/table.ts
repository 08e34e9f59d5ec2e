import type { Column, Finding, Row, Value } from './result.js'

/** A scenario as a Markdown table; figures that are compared are followed by their ratio to the best peer. */
export function table(result: Finding): string {
  const { columns, rows } = result
  const head = ['', ...columns.map(({ title }) => title)]
  const body = rows.map((row) => [nameOf(row), ...columns.map((column) => cell(row, column, result))])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(['---', ...columns.map(() => '---:')]), ...body.map(line)].join('\n')
}

export function middleOf(value: Value | null | undefined): number {
  // Earlier results come from JSON, which has null for NaN.
  if (value === undefined || value === null || typeof value === 'string') return Number.NaN
  return typeof value === 'number' ? value : value.median
}

/** The best figure of any peer in a column. */
export function bestPeer(result: Finding, column: Column): number {
  const figures = result.rows
    .filter(({ kind }) => kind === 'peer')
    .map((row) => middleOf(row.values[column.key]))
    .filter((figure) => Number.isFinite(figure))
  if (figures.length === 0) return Number.NaN
  return column.better === 'more' ? Math.max(...figures) : Math.min(...figures)
}

function nameOf({ name, kind }: Row): string {
  return kind === 'ours' ? `**${name}**` : kind === 'floor' ? `_${name}_` : name
}

function cell(row: Row, column: Column, result: Finding): string {
  const value = row.values[column.key]
  if (value === undefined) return '–'
  if (typeof value === 'string') return value
  const figure = middleOf(value)
  if (!Number.isFinite(figure)) return '–'
  const shown = figure.toLocaleString('en', {
    minimumFractionDigits: column.digits,
    maximumFractionDigits: column.digits,
  })
  const spread =
    typeof value === 'number' || Number.isNaN(value.spread) ? '' : ` ±${Math.round(value.spread * 50)} %`
  const best = column.better === undefined ? Number.NaN : bestPeer(result, column)
  const ratio = Number.isFinite(best) && best !== 0 ? ` (${(figure / best).toFixed(2)} ×)` : ''
  return `${shown}${spread}${ratio}`
}
