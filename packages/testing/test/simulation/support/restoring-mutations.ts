import type { PlantedFault } from './mutations.js'

/**
 * Faults in what happens to nodes that lost their data ("Restoring"). What these worlds meet too rarely, as a node that does
 * not wait for votes on their way, is rejected by the model.
 */
export const RESTORING_FAULTS: readonly PlantedFault[] = [
  {
    name: 'one witness too few',
    file: 'quorum/quorum.ts',
    from: 'Math.max(Math.floor(total / 2) + 1, total - this.size + 1))',
    to: 'Math.max(Math.floor(total / 2), total - this.size))',
    within: 200,
  },
  {
    name: 'a tombstone that goes although one of the others has a value',
    file: 'guard/merge.ts',
    from: 'const isKnown = own === TOMBSTONE || ',
    to: 'const isKnown = ',
    within: 200,
    plan: { without: ['lossyRestart', 'crash', 'nodeClockBack', 'clientWallStep', 'full'], calmness: 80 },
  },
  {
    name: 'nothing is given back',
    file: 'guard/restorer.ts',
    from: 'this.#giveBack(merge.copies({ listed, enough: witnesses }))',
    to: 'this.#giveBack([])',
    within: 200,
  },
  {
    name: 'a copy that goes although other nodes have the lock',
    file: 'guard/merge.ts',
    from: 'return listed - this.#by.length >= enough',
    to: 'return true',
    within: 200,
  },
  {
    name: 'a restarted node that counts as durable',
    file: 'guard/survey.ts',
    from: 'return marker !== null && (marker.run === run || durable)',
    to: 'return marker !== null',
    within: 200,
    plan: { only: ['lossyRestart', 'clientCrash', 'break', 'try'], calmness: 100 },
  },
]
