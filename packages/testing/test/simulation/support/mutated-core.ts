import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import type { CoreModule } from '../../../src/simulator/core-module.js'

export interface Mutation {
  readonly name: string
  /** Below packages/core/src. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const SOURCES = fileURLToPath(new URL('../../../../core/src/', import.meta.url))
/** Within the package, so that the dependencies of core are found from there. */
const CACHE = fileURLToPath(new URL('../../../../core/node_modules/.cache/planted-faults/', import.meta.url))

/** A copy of the core with one planted fault. The shipped sources contain no support for this. */
export async function mutatedCore(mutation: Mutation): Promise<CoreModule> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const sources = new Map(files.map((file) => [file, readFileSync(join(SOURCES, file), 'utf8')]))
  sources.set(mutation.file, mutated(sources.get(mutation.file) ?? '', mutation))
  const hash = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex')
    .slice(0, 16)
  const directory = join(CACHE, hash)
  for (const [file, source] of sources)
    write(join(directory, file.replace(/\.ts$/, '.js')), transpiled(source))
  write(join(directory, 'package.json'), '{ "type": "module" }')
  return (await import(pathToFileURL(join(directory, 'index.js')).href)) as CoreModule
}

function mutated(source: string, { name, file, from, to }: Mutation): string {
  const found = source.split(from).length - 1
  if (found === 1) return source.replace(from, () => to)
  throw new Error(
    `Cannot plant "${name}": expected ${file} to have the text once, found it ${found} times: ${from}`,
  )
}

function transpiled(source: string): string {
  return ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
