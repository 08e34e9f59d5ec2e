import type { ChildProcess } from 'node:child_process'
import { startWatchdog } from './watchdog.js'

/**
 * Ends a child process when this process has ended, in whatever way. A process that gets SIGKILL cannot end its
 * children, and a child that is busy, stopped or another program does not watch its parent.
 *
 * `its group` is for a child that was started with `detached` and starts further processes.
 */
export function endWithUs<T extends ChildProcess>(child: T, what: 'it' | 'its group' = 'it'): T {
  const { pid } = child
  // The child could not be started.
  if (pid === undefined) return child
  const watchdog = startWatchdog()
  const number = what === 'it' ? pid : -pid
  watchdog.add(number)
  child.once('exit', () => {
    watchdog.remove(number)
    void watchdog.finish()
  })
  return child
}
