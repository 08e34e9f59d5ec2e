import { jest } from '@jest/globals'
import { faultSuite, rows } from '../support/fault-suite.js'

jest.setTimeout(60_000)

const chosen = new Set<string>([
  'crash',
  'freeze',
  'latency',
  'partition',
  'lost replies',
  'refuse',
  'oom',
  'readonly',
  'noauth',
])

faultSuite(
  'compose',
  rows.filter(([name]) => chosen.has(name)),
)
