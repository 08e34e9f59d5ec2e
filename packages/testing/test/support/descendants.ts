import { execFileSync } from 'node:child_process'
import { until } from '../../src/fleet/until.js'

/** The direct and indirect child processes of a process. */
export function descendantsOf(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  const found = [pid]
  // A process may be listed before its parent.
  for (const parent of found) for (const [child, of] of table) if (of === parent) found.push(child)
  return found.slice(1)
}

/** Resolves once none of the processes is running. */
export async function allGone(pids: readonly number[]): Promise<void> {
  await until(async () => {
    const left = pids.filter(isAlive)
    if (left.length === 0) return
    const what = execFileSync('ps', ['-o', 'pid=,args=', '-p', left.join(',')], { encoding: 'utf8' })
    throw new Error(`Still running:\n${what}`)
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
