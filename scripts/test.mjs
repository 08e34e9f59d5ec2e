// `npm test`: sets up what is missing, then runs every check and every suite that needs no container engine.
// `node scripts/test.mjs lint redis` runs only those steps; `containers`, `outside`, `package` and `bench` run only when
// named. The last line is always "N passed, N failed".
import { always, runSteps } from './steps.mjs'

await runSteps(always)
