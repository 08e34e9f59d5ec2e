import { usage } from './failure.js'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `500`, `500ms`, `30s`, `5m`, `1h`, in milliseconds. */
export function parseDuration(flag: string, text: string): number {
  const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (digits === undefined)
    throw usage(`Expected ${flag} to be a time such as 500ms, 30s or 5m, got "${text}"`)
  return Math.round(Number(digits) * (UNITS[unit] ?? 1))
}

/** Like `parseDuration`, but at least 1 ms. */
export function parseTimeout(flag: string, text: string): number {
  const timeout = parseDuration(flag, text)
  if (timeout < 1) throw usage(`Expected ${flag} to be at least 1ms, got "${text}"`)
  return timeout
}

/** Like `parseDuration`, or `forever`. */
export function parseWait(flag: string, text: string): number {
  return text === 'forever' ? Infinity : parseDuration(flag, text)
}

/** For display: `12.3 s`. */
export function shownDuration(ms: number): string {
  if (ms === Infinity) return 'forever'
  if (ms < 1_000) return `${Math.ceil(ms)} ms`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.round(ms / 60_000)} min`
}
