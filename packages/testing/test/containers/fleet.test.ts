import { jest } from '@jest/globals'
import { fleetContract } from '../support/fleet-contract.js'

jest.setTimeout(60_000)

fleetContract('compose')
