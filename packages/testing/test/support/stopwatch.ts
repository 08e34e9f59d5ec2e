import { readFileSync } from 'node:fs'

/**
 * Starts to measure time. The function that is returned tells the milliseconds since, without those for which this process
 * or one that it has started was ready to run and the machine ran something else: what a test claims about time must not
 * depend on what else the machine does.
 *
 * Linux counts that time; elsewhere it is taken for none.
 */
export function startStopwatch(): () => number {
  const started = performance.now()
  const before = waits()
  return () => {
    const elapsed = performance.now() - started
    let waited = 0
    // Of a process that was not there yet all counts.
    for (const [pid, wait] of waits()) waited += wait - (before.get(pid) ?? 0)
    return elapsed - waited
  }
}

/** For how long each process has waited for a processor in its life, milliseconds. */
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

/** Of its main thread, which is where Node and Redis work. */
function waitOf(pid: number): number | undefined {
  try {
    const [, wait] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(wait) / 1e6
  } catch {
    return undefined
  }
}
