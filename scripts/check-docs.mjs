// Checks the documentation: every link has a target, and every TypeScript snippet compiles and runs (```ts no-run: only
// compiles). Snippets in other languages are ignored. Needs a Redis server, except with `--links`.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { findRedis } from './redis-server.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'

// In this folder, snippets can import the packages and the Redis clients as a reader's code would.
const folder = join(root, 'packages', 'clients', '.docs')
const problems = []

function pages() {
  const found = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
  for (const name of readdirSync(join(root, 'packages'))) found.push(`packages/${name}/README.md`)
  for (const place of ['docs', 'examples', 'benchmarks']) {
    if (!existsSync(join(root, place))) continue
    for (const entry of readdirSync(join(root, place), { recursive: true })) {
      const isOurs = !entry.startsWith('api/') && !entry.includes('node_modules')
      if (entry.endsWith('.md') && isOurs) found.push(join(place, entry))
    }
  }
  return found.filter((page) => existsSync(join(root, page)))
}

/** The lines of a page with their numbers, split into text and fenced blocks. */
function parse(page) {
  const blocks = []
  const text = []
  let block
  readFileSync(join(root, page), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      const fence = /^(\s*)```(.*)$/.exec(line)
      if (fence && block === undefined) block = { info: fence[2].trim(), line: index + 2, code: [] }
      else if (fence) {
        blocks.push(block)
        block = undefined
      } else if (block) block.code.push(line)
      else text.push([index + 1, line])
    })
  return { blocks, text }
}

/** The anchor that GitHub gives a heading. */
const slug = (heading) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

const anchorsOf = (page) =>
  new Set(
    parse(page)
      .text.map(([, line]) => /^#{1,6} (.+)$/.exec(line)?.[1])
      .filter(Boolean)
      .map(slug),
  )

function checkLinks(page) {
  for (const [line, text] of parse(page).text) {
    for (const [, target] of text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path, anchor] = target.split('#')
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), decodeURIComponent(path)))
      if (!existsSync(join(root, file))) problems.push(`${page}:${line}  no such file: ${target}`)
      else if (anchor && file.endsWith('.md') && !anchorsOf(file).has(anchor)) {
        problems.push(`${page}:${line}  no such heading: ${target}`)
      } else if (anchor && statSync(join(root, file)).isDirectory())
        problems.push(`${page}:${line}  a folder has no headings: ${target}`)
    }
  }
}

/** Writes each snippet to a module of its own, with the line numbers of the snippet. */
function writeSnippets() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['prelude.ts', 'run.ts'])
    copyFileSync(join(root, 'scripts', 'docs', name), join(folder, name))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { isolatedDeclarations: false, noPropertyAccessFromIndexSignature: false },
      include: ['*.ts'],
    }),
  )
  const origins = new Map()
  for (const page of pages()) {
    for (const { info, line, code } of parse(page).blocks) {
      const [language, ...flags] = info.split(/\s+/)
      if (language !== 'ts') continue
      const name = `snippet-${String(origins.size + 1).padStart(3, '0')}.ts`
      const tail = flags.includes('no-run') ? '// not run' : ''
      writeFileSync(join(folder, name), `${code.join('\n')}\nimport './prelude.js'\nexport {}\n${tail}\n`)
      origins.set(name, { page, line })
    }
  }
  return origins
}

async function checkSnippets() {
  const origins = writeSnippets()
  const at = (name, line) => {
    const origin = origins.get(name.replace('running-', 'snippet-'))
    return origin === undefined ? name : `${origin.page}:${origin.line + Number(line) - 1}`
  }
  const types = await run('npx', ['--no-install', 'tsc', '-p', folder, '--pretty', 'false'], { quiet: true })
  for (const line of types.output.split('\n')) {
    const [, name, row, message] = /(snippet-\d+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? []
    if (name) problems.push(`${at(name, row)}  ${message}`)
    else if (/error TS/.test(line)) problems.push(line)
  }
  if (types.code !== 0) return origins.size
  const { env } = await findRedis()
  const args = ['--conditions', '@quorumlock/source', '--import', 'tsx', join(folder, 'run.ts')]
  const ran = await run(process.execPath, args, { quiet: true, env })
  for (const line of ran.output.split('\n').filter((text) => text.startsWith('{"name"'))) {
    const { name, error } = JSON.parse(line)
    const row = /(?:snippet|running)-\d+\.ts:(\d+)/.exec(error)?.[1] ?? 1
    problems.push(`${at(name, row)}  ${error.split('\n').slice(0, 3).join('\n    ')}`)
  }
  if (ran.code !== 0) problems.push(`the snippets could not be run:\n${ran.output}`)
  return origins.size
}

for (const page of pages()) checkLinks(page)
let summary = `${pages().length} pages, links checked`
if (!process.argv.includes('--links')) summary += `; ${await checkSnippets()} snippets compiled and run`
for (const problem of problems) console.error(`✗ ${problem}`)
if (problems.length === 0) console.log(`✓ ${summary}`)
else process.exitCode = 1
if (problems.length === 0) rmSync(folder, { recursive: true, force: true })
