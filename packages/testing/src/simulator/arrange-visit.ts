import { queueBehindTheDead } from './dead-places.js'
import { callFirst } from './first-call.js'
import { callLast } from './last-call.js'
import { keepOnLeash } from './leash.js'
import type { Visits } from './visits.js'

/** Sends a visitor for one of the things that visitors come for. */
export async function arrangeVisit(visits: Visits): Promise<void> {
  switch (visits.user.chance.weighted({ first: 5, last: 3, dead: 3, leash: 3 })) {
    case 'first':
      return callFirst(visits)
    case 'last':
      return callLast(visits)
    case 'dead':
      return queueBehindTheDead(visits)
    case 'leash':
      return keepOnLeash(visits)
  }
}
