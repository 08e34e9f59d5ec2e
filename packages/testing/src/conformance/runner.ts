/** The part of a test framework that the suite needs: jest, vitest, `node:test` with its `describe`. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  test(name: string, body: () => Promise<void>, timeoutMs?: number): unknown
  beforeAll(body: () => Promise<void>): unknown
  afterAll(body: () => Promise<void>): unknown
}

/** The runner whose functions are global, as in jest. */
export function globalRunner(): TestRunner {
  const { describe, test, beforeAll, afterAll } = globalThis as Partial<TestRunner>
  if (describe === undefined || test === undefined || beforeAll === undefined || afterAll === undefined) {
    throw new TypeError(
      'Expected the globals describe, test, beforeAll and afterAll, as in jest. Pass `runner` instead',
    )
  }
  return { describe, test, beforeAll, afterAll }
}
