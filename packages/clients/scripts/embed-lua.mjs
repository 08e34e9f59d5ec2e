// Turns the .lua files of each folder below into an embedded.ts beside them, so that no file is read at run time and any
// bundler works. `--check` changes nothing and fails when a generated file is behind its sources.
//
// A line `-- @include name` stands for parts/name.lua beside the script. Comments and empty lines are left out, because every
// bundle contains the scripts and every new connection sends them.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folders = ['src/redis/scripts', 'src/fencing']
const home = fileURLToPath(new URL('..', import.meta.url))

const camelCase = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
const templateLiteral = (text) => `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``

/** No part is longer: whoever reads one should see all of it on two screens. */
const MOST_LINES = 150

function read(path) {
  const source = readFileSync(path, 'utf8')
  const lines = source.split('\n').length - 1
  if (lines > MOST_LINES) throw new Error(`${path} has ${lines} lines, more than ${MOST_LINES}: divide it`)
  return source
}

function assembled(folder, file) {
  const part = (_, name) => read(join(home, folder, 'parts', `${name}.lua`)).trimEnd()
  return read(join(home, folder, file))
    .replace(/^-- @include (.+)$/gm, part)
    .replace(/^\s*(--.*)?\n/gm, '')
}

function embed(folder, file) {
  const source = assembled(folder, file)
  const sha1 = createHash('sha1').update(source).digest('hex')
  return `export const ${camelCase(basename(file, '.lua'))}: EmbeddedScript = {
  name: '${basename(file, '.lua')}',
  sha1: '${sha1}',
  source: ${templateLiteral(source)},
}
`
}

function generate(folder) {
  const files = readdirSync(join(home, folder))
    .filter((name) => name.endsWith('.lua'))
    .sort()
  return `// Generated from the .lua files in this folder by scripts/embed-lua.mjs (\`npm run embed-lua\`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

${files.map((file) => embed(folder, file)).join('\n')}`
}

for (const folder of folders) {
  const target = join(home, folder, 'embedded.ts')
  const generated = generate(folder)
  if (!process.argv.includes('--check')) {
    writeFileSync(target, generated)
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== generated) {
    console.error(
      `${folder}/embedded.ts is behind its .lua files: run \`npm run embed-lua\` in packages/clients`,
    )
    process.exitCode = 1
  }
}
