// A Docker engine for the container suite: the one that is running, or else one of our own by .ci/engine.sh.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './root.mjs'
import { onInterrupt } from './run.mjs'

/** @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>} */
export async function startEngine() {
  // The engine lives until its input closes, so it ends with this process, even if that is killed. A group of its own
  // keeps a Ctrl-C away from it: what uses the engine must end first.
  const child = spawn(join(root, '.ci', 'engine.sh'), [], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const closed = once(child, 'close')
  const stop = async () => {
    child.stdin.end()
    await closed
  }
  const settled = onInterrupt(stop)
  const [host] = await Promise.race([once(createInterface(child.stdout), 'line'), closed])
  if (typeof host !== 'string') {
    settled()
    throw new Error('No Docker engine could be started; the reason is above.')
  }
  return {
    env: host === '' ? {} : { DOCKER_HOST: host },
    stop: async () => {
      await stop()
      settled()
    },
  }
}
