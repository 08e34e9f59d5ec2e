import { losses, lostDataSuite } from '../../support/lost-data-suite.js'

lostDataSuite('processes', losses, 800)
