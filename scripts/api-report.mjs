// Writes what each package exports, with types and without comments, to etc/<package>.api.md, so that reviews show changes
// of the public interface. `--check` writes nothing and fails if a report is out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './root.mjs'

const entries = {
  core: {
    '@quorumlock/core': 'index.ts',
    '@quorumlock/core/recipes': 'recipes/index.ts',
    '@quorumlock/core/opentelemetry': 'opentelemetry.ts',
  },
  clients: { '@quorumlock/clients': 'index.ts' },
  testing: { '@quorumlock/testing': 'index.ts' },
}

const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
const printer = ts.createPrinter({ removeComments: true })

/** The declaration files of a package, in memory. */
function declarationsOf(files) {
  const emitted = new Map()
  const emit = {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    sourceMap: false,
  }
  const program = ts.createProgram(files, emit)
  program.emit(undefined, (name, text) => emitted.set(name, text), undefined, true)
  return emitted
}

/** A program that finds the emitted declarations in place of the sources. */
function programOf(files, emitted) {
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  const isHidden = (name) => emitted.has(name.replace(/\.ts$/, '.d.ts')) && !name.endsWith('.d.ts')
  host.readFile = (name) => emitted.get(name) ?? readFile(name)
  host.fileExists = (name) => emitted.has(name) || (!isHidden(name) && fileExists(name))
  host.getSourceFile = (name, languageVersion) => {
    const text = host.readFile(name)
    return text === undefined ? undefined : ts.createSourceFile(name, text, languageVersion, true)
  }
  return ts.createProgram(
    files.map((file) => file.replace(/\.ts$/, '.d.ts')),
    options,
    host,
  )
}

function exportsOf(program, file) {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file.replace(/\.ts$/, '.d.ts'))
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(source))
    .map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const texts = (target.declarations ?? []).map((node) => {
        const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node
        return printer.printNode(ts.EmitHint.Unspecified, whole, whole.getSourceFile())
      })
      return { name: symbol.name, text: [...new Set(texts)].join('\n') }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

mkdirSync(join(root, 'etc'), { recursive: true })
for (const [name, modules] of Object.entries(entries)) {
  const files = Object.values(modules).map((file) => join(root, 'packages', name, 'src', file))
  const program = programOf(files, declarationsOf(files))
  const parts = Object.entries(modules).map(([module, file]) => {
    const all = exportsOf(program, join(root, 'packages', name, 'src', file)).map(({ text }) => text)
    return `## ${module}\n\n\`\`\`typescript\n${all.join('\n\n')}\n\`\`\`\n`
  })
  const report = `<!-- Made by \`npm run api\`. Do not edit. -->\n\n# Interface of @quorumlock/${name}\n\n${parts.join('\n')}`
  const target = join(root, 'etc', `${name}.api.md`)
  if (!process.argv.includes('--check')) writeFileSync(target, report)
  else if (!existsSync(target) || readFileSync(target, 'utf8') !== report) {
    console.error(`✗ etc/${name}.api.md is out of date: run \`npm run api\` and review the difference`)
    process.exitCode = 1
  }
}
