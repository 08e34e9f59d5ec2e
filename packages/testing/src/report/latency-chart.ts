import { axis, labelWidth as left } from './timeline-chart.js'

const width = 1_000
const height = 180
const buckets = 120

/** Median and 99th percentile over time, on a logarithmic scale. */
export function latencyChart(
  samples: readonly { readonly at: number; readonly ms: number }[],
  from: number,
  to: number,
): string {
  if (samples.length === 0) return '<p>None.</p>'
  const groups = Array.from({ length: buckets }, () => [] as number[])
  for (const { at, ms } of samples) {
    const bucket = Math.floor(((at - from) / (to - from)) * buckets)
    groups[Math.min(buckets - 1, Math.max(0, bucket))]?.push(ms)
  }
  const all = samples.map(({ ms }) => ms)
  const top = Math.max(1, Math.log10(Math.max(...percentiles(all, [1]), 1) * 1.2) + 1)
  const x = (at: number): number => left + ((at - from) / (to - from)) * (width - left)
  const y = (ms: number): number => height - 20 - ((Math.log10(Math.max(ms, 0.1)) + 1) / top) * (height - 30)
  const line = (share: number, dash: string): string => {
    const points = groups.flatMap((group, index) => {
      const [value] = percentiles(group, [share])
      const at = from + ((index + 0.5) / buckets) * (to - from)
      return value === undefined ? [] : [`${x(at).toFixed(1)},${y(value).toFixed(1)}`]
    })
    return `<polyline points="${points.join(' ')}" fill="none" stroke="#111" stroke-width="1.3" stroke-dasharray="${dash}"/>`
  }
  const scale = [0.1, 1, 10, 100, 1_000, 10_000]
    .filter((ms) => y(ms) > 0)
    .map(
      (ms) =>
        `<text x="0" y="${(y(ms) + 4).toFixed(1)}">${ms} ms</text><line x1="${left}" x2="${width}" y1="${y(ms).toFixed(1)}" y2="${y(ms).toFixed(1)}" stroke="#ddd"/>`,
    )
  const [median = 0, p99 = 0, longest = 0] = percentiles(all, [0.5, 0.99, 1])
  return `<p>Median ${median.toFixed(1)} ms (line), 99th percentile ${p99.toFixed(1)} ms (dashes), longest ${longest.toFixed(0)} ms.</p>
<div class="scroll"><svg viewBox="0 0 ${width} ${height}" role="img">${scale.join('')}${line(0.5, '')}${line(0.99, '4 3')}${axis(from, to, height, x)}</svg></div>`
}

function percentiles(values: readonly number[], shares: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return []
  return shares.map(
    (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number,
  )
}
