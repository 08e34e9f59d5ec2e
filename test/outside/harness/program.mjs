// Programs as a reader starts them: new processes in the folder where the tarballs are installed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from './until.mjs'
import { guard, unguard } from './watchdog.mjs'

const project = join(import.meta.dirname, '..')
export const command = join(project, 'node_modules', '.bin', 'quorumlock')

class Program {
  /** Resolves with `{ code, signal }` when the process has ended and all its output has been read. */
  ended
  stdout = ''
  stderr = ''
  #child
  #read = 0
  #hasEnded = false

  constructor(words, env) {
    const [file, ...args] = words
    // A separate process group, so that its children can be ended with it.
    this.#child = spawn(file, args, { cwd: project, env: { ...process.env, ...env }, detached: true })
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    this.#child.stdin.on('error', () => {
      // The program has ended without reading all input.
    })
    const { pid } = this.#child
    if (pid !== undefined) guard(pid)
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#hasEnded = true
      if (pid !== undefined) unguard(pid)
      return { code, signal }
    })
    this.ended.catch(() => {
      // Callers that await `ended` handle the error.
    })
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves with the match in the next matching line. Rejects if the program ends without one. */
  async prints(pattern) {
    let match
    await until(
      () => `the program to print ${pattern}. ${this.shown}`,
      () => {
        match = this.#next(pattern)
        if (match === null && this.#hasEnded) {
          assert.fail(`The program ended without printing ${pattern}. ${this.shown}`)
        }
        return match !== null
      },
    )
    return match
  }

  #next(pattern) {
    const complete = this.stdout.lastIndexOf('\n') + 1
    let from = this.#read
    for (const line of this.stdout.slice(from, complete).split('\n')) {
      from += line.length + 1
      const match = pattern.exec(line)
      if (match === null) continue
      this.#read = from
      return match
    }
    return null
  }

  sendLine(line) {
    this.press(`${line}\n`)
  }

  press(keys) {
    this.#child.stdin.write(keys)
  }

  /** Signals the process or, with `group`, also its children, like Ctrl-C in a terminal. */
  signal(name, { group = false } = {}) {
    process.kill(group ? -this.#child.pid : this.#child.pid, name)
  }

  /** Resolves with its output when it has exited with code 0. */
  async succeeds() {
    const { code, signal } = await this.#end()
    assert.equal(code, 0, `Expected exit code 0, got ${code ?? signal}. ${this.shown}`)
    return this.stdout
  }

  /** Resolves with its exit code. */
  async exitCode() {
    return (await this.#end()).code
  }

  async #end() {
    await until(
      () => `the program to end. ${this.shown}`,
      () => this.#hasEnded,
    )
    return this.ended
  }

  stop() {
    if (this.#hasEnded) return
    try {
      this.signal('SIGKILL', { group: true })
    } catch {
      // It has just ended.
    }
  }

  get shown() {
    return `It printed:\n${this.stdout}${this.stderr}`
  }
}

/** Starts any command, which ends with the case. */
export function start(t, words, env = {}) {
  const program = new Program(words, env)
  t.after(() => program.stop())
  return program
}

/** A program of programs/, which finds its nodes in REDIS_URLS. */
export function startProgram(t, file, fleet, ...args) {
  const words = [process.execPath, join('programs', file), ...args]
  return start(t, words, { REDIS_URLS: fleet.urls.join(' ') })
}

/** The `quorumlock` command, which finds its nodes in QUORUMLOCK_NODES. */
export function startCommand(t, fleet, ...args) {
  return start(t, [command, ...args], { QUORUMLOCK_NODES: fleet.urls.join(' ') })
}

/** Like `startCommand`, but in its own terminal, where `press('\x03')` is Ctrl-C. */
export function startInTerminal(t, fleet, ...args) {
  // With `exec`, because some shells die of a Ctrl-C that the command handles.
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return start(t, ['script', '-qec', `exec ${quoted}`, '/dev/null'], {
    QUORUMLOCK_NODES: fleet.urls.join(' '),
  })
}
