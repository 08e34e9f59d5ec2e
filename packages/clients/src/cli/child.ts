import { spawn, type ChildProcess } from 'node:child_process'
import { codeOfSignal, ExitCode } from './exit-codes.js'
import { Failure } from './failure.js'
import { numberOf } from './signals.js'

/** A terminal sends these to the whole foreground group, so the command has already received them. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/** The command that runs under the lock, without a shell and with our standard streams. */
export class Child {
  readonly #process: ChildProcess
  readonly #ended: Promise<number>

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#process = spawn(command, args, { stdio: 'inherit', env })
    this.#ended = new Promise((resolve, reject) => {
      this.#process.once('error', (error) => {
        // A child that runs can fail too, for example to receive a signal. Then `exit` still follows.
        if (this.#process.pid === undefined) reject(notStarted(command, error))
      })
      this.#process.once('exit', (code, signal) => {
        resolve(signal === null ? (code ?? ExitCode.internal) : codeOfSignal(numberOf(signal)))
      })
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Its exit code, by the rules of shells. Rejects if it could not be started. */
  get ended(): Promise<number> {
    return this.#ended
  }

  /** Passes on a signal that this process received. */
  forward(signal: NodeJS.Signals): void {
    if (FROM_TERMINAL.includes(signal) && process.stdin.isTTY) return
    this.#process.kill(signal)
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#process.kill(signal)
    // A stopped process would not receive it.
    if (signal === 'SIGTERM') this.#process.kill('SIGCONT')
  }
}

function notStarted(command: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ENOENT') return new Failure(ExitCode.notFound, `${command}: command not found`)
  return new Failure(
    ExitCode.notExecutable,
    `${command}: cannot be executed (${error.code ?? error.message})`,
  )
}
