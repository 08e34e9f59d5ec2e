import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendServer, StartOptions } from './backend.js'
import { ServerClock } from './clock/server-clock.js'
import { freePort } from './ports.js'
import { ask } from './resp.js'
import { patienceMs, until } from './until.js'
import type { Watchdog } from './watchdog.js'

const portAttempts = 5

export interface ServerOptions {
  readonly name: string
  readonly binary: string
  readonly folder: string
  readonly args: readonly string[]
  readonly watchdog: Watchdog
  /** The library to preload so that the server's clock can be set. */
  readonly clockShim: string | null
}

/** One redis-server process with its own folder and port. */
export class ServerProcess implements BackendServer {
  readonly name: string
  readonly clock: ServerClock | undefined
  readonly #options: ServerOptions
  #port = 0
  #process: ChildProcess | null = null
  #isPaused = false
  #spares = 0

  private constructor(options: ServerOptions) {
    this.name = options.name
    this.#options = options
    mkdirSync(options.folder, { recursive: true })
    // Not in the folder, because a wipe must not delete the clock.
    if (options.clockShim !== null) this.clock = new ServerClock(`${options.folder}.clock`)
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options)
    for (let attempt = 1; ; attempt++) {
      server.#port = await freePort()
      try {
        await server.#run()
        return server
      } catch (error) {
        // Between the check and the start, another process may have taken the port.
        if (attempt === portAttempts) throw error
      }
    }
  }

  get port(): number {
    return this.#port
  }

  get folder(): string {
    return this.#options.folder
  }

  get isRunning(): boolean {
    return this.#process !== null && !hasEnded(this.#process)
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  async kill(): Promise<void> {
    await this.#endBy('SIGKILL')
  }

  async terminate(): Promise<void> {
    await this.#endBy('SIGTERM')
  }

  async start({ wipe = false, args = [], until: readiness = 'serves' }: StartOptions = {}): Promise<void> {
    if (wipe) rmSync(this.#options.folder, { recursive: true, force: true })
    await this.#run(args, readiness)
  }

  async pause(): Promise<void> {
    this.#signal('SIGSTOP')
    this.#isPaused = true
    await until(async () => {
      if (!this.#isStopped()) throw new Error(`${this.name} did not stop`)
    })
  }

  async resume(): Promise<void> {
    this.#signal('SIGCONT')
    this.#isPaused = false
    await until(async () => {
      if (this.#isStopped()) throw new Error(`${this.name} did not continue`)
    })
  }

  async spare(): Promise<BackendServer> {
    const name = `${this.name}-spare-${++this.#spares}`
    return ServerProcess.start({
      ...this.#options,
      name,
      folder: `${this.#options.folder}-spare-${this.#spares}`,
    })
  }

  async #endBy(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const running = this.#process
    this.#isPaused = false
    if (running === null || hasEnded(running)) return
    running.ref()
    running.kill(signal)
    await once(running, 'exit')
  }

  async #run(further: readonly string[] = [], readiness: StartOptions['until'] = 'serves'): Promise<void> {
    const { binary, folder, args, watchdog, clockShim } = this.#options
    mkdirSync(folder, { recursive: true })
    const started = spawn(
      binary,
      [
        '--port',
        String(this.#port),
        '--dir',
        folder,
        '--logfile',
        join(folder, 'server.log'),
        ...args,
        ...further,
      ],
      { stdio: 'ignore', env: { ...process.env, ...preload(clockShim, this.clock) } },
    )
    this.#process = started
    let failure: unknown = null
    started.once('error', (error) => {
      failure = error
    })
    const { pid } = started
    if (pid !== undefined) {
      watchdog.add(pid)
      started.once('exit', () => watchdog.remove(pid))
    }
    // A test that forgets to dispose must still be able to exit; the watchdog then ends the server.
    started.unref()
    try {
      // Once the process is gone, polling its port is pointless.
      await until(async () => hasEnded(started) || this.#answers(readiness))
    } catch (error) {
      await this.kill()
      throw new Error(`${this.name} did not answer within ${patienceMs} ms${this.#log()}`, {
        cause: error,
      })
    }
    if (hasEnded(started)) {
      throw new Error(`${binary} exited during its start${this.#log()}`, { cause: failure })
    }
  }

  /** Throws unless this process answers, because another server may be listening on the port. */
  async #answers(readiness: StartOptions['until'] = 'serves'): Promise<void> {
    const info = await ask(this.#port, ['INFO', 'server'])
    if (!info.includes(`process_id:${this.#process?.pid ?? -1}\r`)) {
      throw new Error(`Port ${this.#port} is used by a server other than ${this.name}`)
    }
    if (readiness === 'serves') await ask(this.#port, ['PING'])
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#process?.kill(signal) !== true) throw new Error(`${this.name} is not running`)
  }

  /** A stop signal takes effect shortly after it was sent. Linux shows when; elsewhere it is assumed. */
  #isStopped(): boolean {
    if (process.platform !== 'linux') return true
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.#process?.pid ?? 'none'}/status`, 'utf8'))
  }

  #log(): string {
    try {
      const lines = readFileSync(join(this.#options.folder, 'server.log'), 'utf8').trim().split('\n')
      return `:\n${lines.slice(-5).join('\n')}`
    } catch {
      return ''
    }
  }
}

function hasEnded(server: ChildProcess): boolean {
  return server.pid === undefined || server.exitCode !== null || server.signalCode !== null
}

function preload(library: string | null, clock: ServerClock | undefined): NodeJS.ProcessEnv {
  if (library === null || clock === undefined) return {}
  return { LD_PRELOAD: library, QUORUMLOCK_CLOCK: clock.file }
}
