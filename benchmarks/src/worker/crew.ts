import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../contenders/contender.js'
import type { Order, Report, ResultOf, Task } from './task.js'

const script = fileURLToPath(new URL('main.ts', import.meta.url))
/** A machine that builds something at the same time takes its time. */
const START_WITHIN = 60_000
/** On top of what a task may take by itself. */
const GRACE = 10_000

/** A contender in a process of its own, so that its processor time and memory are its own, too. */
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
      // Of our packages what was built, as users get it: from source, tsx would slow down every function.
      execArgv: ['--expose-gc', '--import', 'tsx', ...profiling(entry)],
      serialization: 'advanced',
    })
    const worker = new Worker(entry, child)
    await worker.#answerTo(0, START_WITHIN)
    return worker
  }

  /** Several at once: all of them, or none. */
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
    const answer = this.#answerTo(id, limit + GRACE)
    this.#process.send({ id, task } satisfies Order)
    return (await answer) as ResultOf<T>
  }

  /** Asks it to end in an orderly way, and ends it anyhow. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.send({ id: -1, task: { kind: 'close' } } satisfies Order)
    const impatience = setTimeout(() => this.#process.kill('SIGKILL'), 3_000)
    await exited
    clearTimeout(impatience)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #answerTo(id: number, limit: number): Promise<unknown> {
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
      // Not `exit`, which may come before its last message has been read.
      child.on('message', listen).on('close', fail)
    })
  }
}

/** `BENCH_PROFILE=<folder>` leaves a profile of each worker there. */
function profiling(entry: Entry): readonly string[] {
  const folder = process.env['BENCH_PROFILE']
  if (folder === undefined) return []
  const name = `${entry.name.replaceAll(/[^a-z]+/g, '-')}-${process.hrtime.bigint()}.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`]
}
