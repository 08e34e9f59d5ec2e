import { jest } from '@jest/globals'
import { losses, lostDataSuite } from '../../support/lost-data-suite.js'

jest.setTimeout(20_000)

lostDataSuite('processes', losses, 800)
