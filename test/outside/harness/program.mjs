// Programs as a reader starts them: fresh processes in the folder in which the tarballs are installed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from './until.mjs'
import { guard, unguard } from './watchdog.mjs'

const project = join(import.meta.dirname, '..')
export const command = join(project, 'node_modules', '.bin', 'quorumlock')

class Program {
  /** Resolves with `{ code, signal }` when the process has ended and all its output is here. */
  ended
  stdout = ''
  stderr = ''
  #child
  #read = 0
  #hasEnded = false

  constructor(words, env) {
    const [file, ...args] = words
    // A group of its own, so that nothing that it starts is left behind.
    this.#child = spawn(file, args, { cwd: project, env: { ...process.env, ...env }, detached: true })
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    this.#child.stdin.on('error', () => {
      // It has ended without reading on.
    })
    const { pid } = this.#child
    if (pid !== undefined) guard(pid)
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#hasEnded = true
      if (pid !== undefined) unguard(pid)
      return { code, signal }
    })
    this.ended.catch(() => {
      // Whoever waits for it hears of it.
    })
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves with the match of the next line that fits; rejects when the program ends without one. */
  async says(pattern) {
    let match
    await until(
      () => `the program to say ${pattern}. ${this.shown}`,
      () => {
        match = this.#next(pattern)
        if (match === null && this.#hasEnded) {
          assert.fail(`The program ended without saying ${pattern}. ${this.shown}`)
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

  tell(line) {
    this.press(`${line}\n`)
  }

  press(keys) {
    this.#child.stdin.write(keys)
  }

  /** To the process alone; with `group`, to all that it started as well, as Ctrl-C in a terminal does. */
  signal(name, { group = false } = {}) {
    process.kill(group ? -this.#child.pid : this.#child.pid, name)
  }

  /** Resolves with what it printed when it has ended well. */
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
      // It ended a moment ago.
    }
  }

  get shown() {
    return `It printed:\n${this.stdout}${this.stderr}`
  }
}

/** Starts any command; it is over when the case is. */
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

/** The same in a terminal of its own, where `press('\x03')` is Ctrl-C. */
export function startInTerminal(t, fleet, ...args) {
  // `exec`: some shells die of a Ctrl-C that the command hears and survives.
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return start(t, ['script', '-qec', `exec ${quoted}`, '/dev/null'], {
    QUORUMLOCK_NODES: fleet.urls.join(' '),
  })
}
