/** Milliseconds on the monotonic clock that all processes of the machine share. */
export function steadyNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
