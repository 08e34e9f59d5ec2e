import { contendedScenarios } from './contended.js'
import { severalResources, uncontendedScenarios } from './cycles.js'
import { faultScenarios } from './faults.js'
import { held } from './held.js'
import { multiRegion } from './multi-region.js'
import { packages } from './packages.js'
import { restoring } from './restoring.js'
import type { Scenario } from './scenario.js'

export const scenarios: readonly Scenario[] = [
  ...uncontendedScenarios,
  ...contendedScenarios,
  ...faultScenarios,
  multiRegion,
  severalResources,
  held,
  restoring,
  packages,
]
