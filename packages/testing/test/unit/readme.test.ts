import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { faults, type FaultName } from '@quorumlock/testing'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = read('../../README.md')

test('the first failover test of the README is a test of this package, and has at most fifteen lines', () => {
  const snippet = /```ts no-run\n(.*?)```/s.exec(readme)?.[1]
  expect(snippet).toBe(read('../redis/first-failover.test.ts'))
  expect(snippet!.trimEnd().split('\n').length).toBeLessThanOrEqual(15)
})

test.each(Object.keys(faults) as FaultName[])(
  'the README names "%s" among the faults of its group',
  (name) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${faults[name].group} `))
    expect(row).toContain(`\`${name}\``)
  },
)
