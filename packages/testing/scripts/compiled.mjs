// The simulator and the core as plain JavaScript, straight from the sources: no build, and at the speed that ships.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

const packages = fileURLToPath(new URL('../..', import.meta.url))
/** Within the package, so that what core depends on is found from there. */
const cache = join(packages, 'core/node_modules/.cache/simulator')

/** The URL of the compiled `simulator/<module>.js`. The same sources are compiled only once. */
export function compiled(module) {
  const sources = new Map([
    ...read('core/src', 'core'),
    ...read('testing/src/simulator', 'testing/simulator'),
    ...read('testing/src/history', 'testing/history'),
    ...read('testing/src/random', 'testing/random'),
  ])
  const hash = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex')
    .slice(0, 16)
  const directory = join(cache, hash)
  if (!existsSync(directory)) {
    // Several may do this at once: the last rename wins, and all have written the same.
    const draft = `${directory}-${process.pid}`
    for (const [file, source] of sources) write(join(draft, file), transpiled(file, source))
    write(join(draft, 'package.json'), '{ "type": "module" }')
    try {
      renameSync(draft, directory)
    } catch {
      rmSync(draft, { recursive: true })
    }
  }
  return pathToFileURL(join(directory, 'testing/simulator', `${module}.js`)).href
}

function read(from, to) {
  const root = join(packages, from)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [join(to, file.replace(/\.ts$/, '.js')), readFileSync(join(root, file), 'utf8')])
}

function transpiled(file, source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  })
  const up = '../'.repeat(dirname(file).split(/[\\/]/).length)
  return outputText
    .replaceAll("'@quorumlock/core'", `'${up}core/index.js'`)
    .replaceAll("'@quorumlock/core/recipes'", `'${up}core/recipes/index.js'`)
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
