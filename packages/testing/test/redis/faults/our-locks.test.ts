import { faultSuite, rows } from '../../support/fault-suite.js'

faultSuite('processes', rows)
