import { lostDataSuite } from '../support/lost-data-suite.js'

lostDataSuite('compose', ['flush', 'crash', 'empty restart'], 8_000)
