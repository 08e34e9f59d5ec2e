import { faultSuite, rows } from '../support/fault-suite.js'

/** A container is started without permission for DEBUG and for protected settings. */
const beyond = new Set<string>(['sleep', 'misconf'])

faultSuite(
  'compose',
  rows.filter(([name]) => !beyond.has(name)),
)
