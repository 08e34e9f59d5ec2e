import { jest } from '@jest/globals'
import { losses, lostDataSuite } from '../support/lost-data-suite.js'

jest.setTimeout(60_000)

lostDataSuite('compose', losses)
