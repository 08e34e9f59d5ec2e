import { readFileSync } from 'node:fs'

/**
 * Starts to measure time. The returned function returns the milliseconds since then, without those in which this process
 * or one of its children was ready to run while the machine ran something else, because what a test claims about time
 * must not depend on other load.
 *
 * Linux counts that time; elsewhere it is assumed to be zero.
 */
export function startStopwatch(): () => number {
  const started = performance.now()
  const before = waits()
  return () => {
    const elapsed = performance.now() - started
    let waited = 0
    // For a process that did not exist before, all of its time counts.
    for (const [pid, wait] of waits()) waited += wait - (before.get(pid) ?? 0)
    return elapsed - waited
  }
}

/** How long each process has waited for a processor since its start, milliseconds. */
function waits(): Map<number, number> {
  const found = new Map<number, number>()
  if (process.platform !== 'linux') return found
  for (const pid of [process.pid, ...children()]) {
    const wait = waitOf(pid)
    if (wait !== undefined) found.set(pid, wait)
  }
  return found
}

function children(): readonly number[] {
  const list = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim()
  return list === '' ? [] : list.split(' ').map(Number)
}

/** For the main thread, in which Node and Redis run. */
function waitOf(pid: number): number | undefined {
  try {
    const [, wait] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(wait) / 1e6
  } catch {
    return undefined
  }
}
