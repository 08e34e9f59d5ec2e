import { expectEverySecondFound } from './support/planted-faults.js'

// On another core than the other half.
expectEverySecondFound(1)
