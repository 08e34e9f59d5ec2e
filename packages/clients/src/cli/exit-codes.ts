/** Exit codes in addition to those of the child, after sysexits.h and the conventions of shells. */
export const ExitCode = {
  ok: 0,
  /** Not confirmed, or the doctor found a problem. */
  declined: 1,
  /** EX_USAGE */
  usage: 64,
  /** EX_UNAVAILABLE: too few nodes can answer. */
  unavailable: 69,
  /** EX_SOFTWARE: an unexpected error. */
  internal: 70,
  /** EX_TEMPFAIL: the lock is held. */
  contended: 75,
  /** The lock was lost while the command ran. */
  lost: 79,
  /** The command was found but cannot be executed. */
  notExecutable: 126,
  notFound: 127,
} as const

/** By the convention of shells. */
export function codeOfSignal(number: number): number {
  return 128 + number
}
