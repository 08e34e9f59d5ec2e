// Child processes that a person can follow and interrupt: each gets a process group of its own, and whatever ends
// this process takes the group along.
import { spawn } from 'node:child_process'
import { endWithUs } from './end-with-us.mjs'
import { root } from './root.mjs'

const graceMs = 10_000
const groups = new Set()

/**
 * Runs a command to its end. Its output goes straight to ours; with `quiet` it is kept back and comes with the result.
 * @returns {Promise<{ code: number, output: string }>} a command that could not be started has the code 127
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
      resolve({ code: code ?? 1, output })
    })
  })
}

function signalAll(signal) {
  for (const group of groups) {
    try {
      process.kill(-group, signal)
    } catch {
      // It ended a moment ago.
    }
  }
}

let interrupted = false
const atInterrupt = []

/** Undoes something on the machine if the run is interrupted half-way. Returns a function that takes it back. */
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
    // The second time is meant seriously.
    signalAll(interrupted ? 'SIGKILL' : 'SIGTERM')
    if (interrupted) return
    interrupted = true
    console.error(`\nInterrupted (${signal}): stopping what runs …`)
    const started = Date.now()
    const wait = setInterval(async () => {
      if (groups.size > 0 && Date.now() - started < graceMs) return
      clearInterval(wait)
      signalAll('SIGKILL')
      for (const undo of atInterrupt) await undo()
      process.exit(128 + number)
    }, 50)
  })
}
