import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import { endWithUs } from '../../../testing/src/fleet/end-with-us.js'

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url))
const COMPILED = fileURLToPath(new URL(`../../.jest/compiled-${process.pid}/`, import.meta.url))

/** Milliseconds after which a process counts as hanging. */
const LONGEST = 120_000

export interface Exit {
  readonly code: number | null
  readonly output: string
  /**
   * Milliseconds from the line `done` to the end of the process, excluding time when the machine ran other processes.
   */
  readonly lingered: number
}

/** The sources as plain modules, for separate processes. */
export function compileCore(): void {
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const { outputText } = ts.transpileModule(readFileSync(join(SOURCES, file), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
      },
    })
    const to = join(COMPILED, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, outputText)
  }
  writeFileSync(join(COMPILED, 'package.json'), '{ "type": "module" }')
}

export function removeCompiledCore(): void {
  rmSync(COMPILED, { recursive: true, force: true })
}

/** Runs a script in which `core` is the core, and waits until its process ends on its own. */
export function run(script: string, ...flags: string[]): Promise<Exit> {
  const source = `
    const core = await import(${JSON.stringify(pathToFileURL(join(COMPILED, 'index.js')).href)})
    const { Redlock, memoryNode } = core
    const { readFileSync, writeSync } = await import('node:fs')
    const waitedForProcessor = () =>
      process.platform === 'linux' ? Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6 : 0
    const now = () => performance.now() - waitedForProcessor()
    const done = () => {
      const since = now()
      process.on('exit', () => writeSync(3, String(now() - since)))
      process.stdout.write('done\\n')
    }
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    ${script}`
  return new Promise((resolve, reject) => {
    const child = endWithUs(
      spawn(process.execPath, [...flags, '--input-type=module', '--eval', source], {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '' },
      }),
    )
    let output = ''
    let lingered = ''
    const hear = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    child.stdio[3]!.on('data', (chunk: Buffer) => (lingered += chunk.toString()))
    const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(tooLong)
      resolve({ code, output, lingered: lingered === '' ? Number.NaN : Number(lingered) })
    })
  })
}
