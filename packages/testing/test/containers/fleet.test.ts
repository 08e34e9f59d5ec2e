import { fleetContract } from '../support/fleet-contract.js'

fleetContract('compose')
