/** What the command ends with, beside the codes of the child itself. After sysexits.h and the habits of shells. */
export const ExitCode = {
  ok: 0,
  /** A person said no, or the doctor found something. */
  declined: 1,
  /** EX_USAGE */
  usage: 64,
  /** EX_UNAVAILABLE: too few nodes can answer. */
  unavailable: 69,
  /** EX_SOFTWARE: what should not happen. */
  internal: 70,
  /** EX_TEMPFAIL: others hold the lock. */
  contended: 75,
  /** The lock was lost while the command ran. */
  lost: 79,
  /** The command was found and cannot be executed. */
  notExecutable: 126,
  notFound: 127,
} as const

/** As a shell tells it. */
export function codeOfSignal(number: number): number {
  return 128 + number
}
