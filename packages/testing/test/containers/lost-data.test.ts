import { jest } from '@jest/globals'
import { lostDataSuite } from '../support/lost-data-suite.js'

jest.setTimeout(60_000)

lostDataSuite('compose', ['flush', 'crash', 'empty restart'], 8_000)
