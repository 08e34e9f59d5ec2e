import { jest } from '@jest/globals'
import { faultSuite, rows } from '../../support/fault-suite.js'

jest.setTimeout(20_000)

faultSuite('processes', rows)
