import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../contenders/contender.js'
import type { Order, Report, ResultOf, Task } from './task.js'

const script = fileURLToPath(new URL('main.ts', import.meta.url))
/** Generous, because a machine under load starts processes slowly. */
const START_WITHIN = 60_000
/** Added to the limit of a task. */
const GRACE = 10_000

/** A contender in its own process, so that its processor time and memory can be measured. */
export class Worker {
  readonly entry: Entry
  readonly #process: ChildProcess
  #last = 0

  private constructor(entry: Entry, process: ChildProcess) {
    this.entry = entry
    this.#process = process
  }

  static async start(entry: Entry, urls: readonly string[]): Promise<Worker> {
    const child = fork(script, [entry.name, ...urls], {
      // The built packages, as users get them: compiled by tsx from source, every function would be slower.
      execArgv: ['--expose-gc', '--import', 'tsx', ...profiling(entry)],
      serialization: 'advanced',
    })
    const worker = new Worker(entry, child)
    await worker.#replyTo(0, START_WITHIN)
    return worker
  }

  /** Starts several, all or none. */
  static async startAll(entry: Entry, urls: readonly string[], count: number): Promise<Worker[]> {
    const starts = await Promise.allSettled(Array.from({ length: count }, () => Worker.start(entry, urls)))
    const workers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const failure = starts.find((start) => start.status === 'rejected')
    if (failure === undefined) return workers
    for (const worker of workers) worker.kill()
    throw failure.reason
  }

  async perform<T extends Task>(task: T, limit: number): Promise<ResultOf<T>> {
    const id = ++this.#last
    const reply = this.#replyTo(id, limit + GRACE)
    this.#process.send({ id, task } satisfies Order)
    return (await reply) as ResultOf<T>
  }

  /** Asks the process to end, and kills it if it does not. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.send({ id: -1, task: { kind: 'close' } } satisfies Order)
    const deadline = setTimeout(() => this.#process.kill('SIGKILL'), 3_000)
    await exited
    clearTimeout(deadline)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #replyTo(id: number, limit: number): Promise<unknown> {
    const child = this.#process
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(alarm)
        child.off('message', listen).off('close', fail)
      }
      const listen = (report: Report): void => {
        if (report.id !== id) return
        end()
        if ('error' in report) reject(new Error(`${this.entry.name}: ${report.error}`))
        else resolve(report.result)
      }
      const fail = (): void => {
        end()
        reject(new Error(`${this.entry.name}: its process ended`))
      }
      const alarm = setTimeout(() => {
        end()
        this.kill()
        reject(new Error(`${this.entry.name}: no result within ${limit} ms`))
      }, limit)
      // Not `exit`, which may be emitted before the last message has been read.
      child.on('message', listen).on('close', fail)
    })
  }
}

/** `BENCH_PROFILE=<folder>` writes a profile of each worker to the folder. */
function profiling(entry: Entry): readonly string[] {
  const folder = process.env['BENCH_PROFILE']
  if (folder === undefined) return []
  const name = `${entry.name.replaceAll(/[^a-z]+/g, '-')}-${process.hrtime.bigint()}.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`]
}
