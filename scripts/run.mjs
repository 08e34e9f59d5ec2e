// Child processes that a person can follow and interrupt: each gets its own process group, which ends with this process,
// however that ends.
import { spawn } from 'node:child_process'
import { endWithUs } from './end-with-us.mjs'
import { root } from './root.mjs'

const graceMs = 10_000
const groups = new Set()

/**
 * Runs a command to its end. Its output goes to the output of this process or, with `quiet`, into the result.
 * @returns {Promise<{ code: number, output: string }>} the code is 127 if the command could not be started
 */
export function run(command, args, { env = {}, cwd = root, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      detached: true,
    })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    child.once('error', (error) => resolve({ code: 127, output: String(error) }))
    if (child.pid === undefined) return
    groups.add(child.pid)
    endWithUs(child)
    child.once('close', (code) => {
      groups.delete(child.pid)
      // After an interrupt nothing else may start before this process exits.
      if (!interrupted) resolve({ code: code ?? 1, output })
    })
  })
}

function signalAll(signal) {
  for (const group of groups) {
    try {
      process.kill(-group, signal)
    } catch {
      // It has just ended.
    }
  }
}

let interrupted = false
const atInterrupt = []

/** Calls `undo`, and waits for it, if this process is interrupted. Returns a function that cancels this. */
export function onInterrupt(undo) {
  atInterrupt.push(undo)
  return () => atInterrupt.splice(atInterrupt.indexOf(undo), 1)
}

for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
]) {
  process.on(signal, () => {
    // After the first signal children may clean up; the second one kills them.
    signalAll(interrupted ? 'SIGKILL' : 'SIGTERM')
    if (interrupted) return
    interrupted = true
    console.error(`\nInterrupted (${signal}): stopping child processes …`)
    const started = Date.now()
    const wait = setInterval(async () => {
      if (groups.size > 0 && Date.now() - started < graceMs) return
      clearInterval(wait)
      signalAll('SIGKILL')
      for (const undo of [...atInterrupt]) await undo()
      process.exit(128 + number)
    }, 50)
  })
}
