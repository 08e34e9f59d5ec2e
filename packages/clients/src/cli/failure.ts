import { LockContendedError, LockLostError, QuorumLockError, QuorumUnavailableError } from '@quorumlock/core'
import { ExitCode } from './exit-codes.js'

/** Ends the command with one line and a code. */
export class Failure extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message)
    this.name = 'Failure'
  }
}

export function usage(message: string): Failure {
  return new Failure(ExitCode.usage, `${message} (quorumlock --help)`)
}

/** The exit code and the line of text for any error, never a stack trace. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure(codeOf(error), (error instanceof Error ? error.message : String(error)).trim())
}

function codeOf(error: unknown): number {
  if (error instanceof LockContendedError) return ExitCode.contended
  if (error instanceof QuorumUnavailableError) return ExitCode.unavailable
  if (error instanceof LockLostError) return ExitCode.lost
  if (error instanceof QuorumLockError) return ExitCode.unavailable
  // The options of the client come from the command line.
  if (error instanceof TypeError || error instanceof RangeError) return ExitCode.usage
  return ExitCode.internal
}
