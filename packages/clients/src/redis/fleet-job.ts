import type { MarkCommand, NodeCommand } from '@quorumlock/core'
import { bearerOf, queueOf, withFormer } from './companions.js'
import type { LockCommand } from './job.js'

/** Commands on the node as a whole, and on what it stores for a node that lost its data. */
export type FleetCommand = Exclude<NodeCommand, LockCommand>

export function isFleetCommand(command: NodeCommand): command is FleetCommand {
  return !('keys' in command)
}

/** The keys of the script for the command, and its arguments behind the number of the call. */
export interface FleetJob {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** The header of each script defines the encoding. */
export function fleetJobOf(command: FleetCommand): FleetJob {
  switch (command.kind) {
    case 'greet':
      return { keys: command.marker === undefined ? [] : withFormer(command.marker), args: [] }
    case 'mark':
      return { keys: withFormer(command.marker), args: argsOfMark(command) }
    case 'list': {
      const { marker, prefix, cursor, count } = command
      return { keys: [marker.key], args: [marker.stamp, patternOf(prefix), cursor ?? '0', String(count)] }
    }
    case 'restore': {
      const { marker, copies } = command
      const borne = copies.filter(({ bearer }) => bearer > 0)
      return {
        keys: [...copies.map(({ key }) => key), ...borne.map(({ key }) => bearerOf(key)), marker.key],
        args: [
          marker.stamp,
          ...copies.flatMap(({ value, ttl, bearer }) => [value, String(ttl), String(bearer)]),
        ],
      }
    }
    case 'tidy': {
      const { marker, copies } = command
      return {
        keys: [...copies.map(({ key }) => key), ...copies.map(({ key }) => queueOf(key)), marker.key],
        args: [marker.stamp, ...copies.flatMap(({ value, expiresAt }) => [value, String(expiresAt)])],
      }
    }
  }
}

function argsOfMark(command: MarkCommand): string[] {
  const { mode, fleet, run, stamp, longestTtl, floor, duration, claim } = command
  const { seat = '', seats = '', replaced = '', next = '' } = command
  const numbers = [String(longestTtl), String(floor), String(duration)]
  const args = [mode, fleet, run, stamp, ...numbers, seat, seats, replaced, next]
  return claim === undefined ? args : [...args, claim.by, String(claim.progress)]
}

/** Matches the prefix literally. */
function patternOf(prefix: string): string {
  return `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`
}
