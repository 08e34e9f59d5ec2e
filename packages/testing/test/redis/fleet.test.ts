import { findServerBinary } from '../../src/fleet/server-binary.js'
import { fleetContract } from '../support/fleet-contract.js'

// Containers on a machine that has Docker but no server.
fleetContract(findServerBinary() === null ? 'compose' : 'processes')
