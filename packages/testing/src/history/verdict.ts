/** What a checker found. `unknown`: there was nothing to judge. */
export interface Verdict {
  readonly check: string
  readonly outcome: 'valid' | 'violated' | 'unknown'
  /** How many items were checked. */
  readonly checked: number
  /** The first violations, in words. */
  readonly violations: readonly string[]
  readonly violationCount: number
}

const mostInWords = 20

export function verdict(check: string, checked: number, violations: readonly string[]): Verdict {
  return {
    check,
    outcome: violations.length > 0 ? 'violated' : checked === 0 ? 'unknown' : 'valid',
    checked,
    violations: violations.slice(0, mostInWords),
    violationCount: violations.length,
  }
}
