// Fails when modules import each other in a circle. Imports of types count: they disappear when the code runs, but a
// reader still cannot understand one of the files without the others.
// `node scripts/check-cycles.mjs [folder …]`
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { root } from './root.mjs'

const checked = ['packages/core/src', 'packages/clients/src', 'packages/testing/src', 'benchmarks/src']

/** For each TypeScript file of a folder, the relative paths it imports. */
function importsIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'))
  const importsOf = (file) =>
    ts
      .preProcessFile(readFileSync(join(folder, file), 'utf8'))
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => join(dirname(file), fileName.replace(/\.js$/, '.ts')))
  return new Map(files.sort().map((file) => [file, importsOf(file)]))
}

/** A shortest path of imports from a file back to itself, with that file at both ends, or undefined. */
function circleThrough(start, imports) {
  const seen = new Set()
  // Grows while it is iterated: a breadth-first search, which finds a shortest path first.
  const paths = [[start]]
  for (const path of paths) {
    for (const next of imports.get(path.at(-1)) ?? []) {
      if (next === start) return [...path, next]
      if (!seen.has(next)) paths.push([...path, next])
      seen.add(next)
    }
  }
}

const given = process.argv.slice(2).map((folder) => resolve(folder))
for (const folder of given.length > 0 ? given : checked.map((name) => join(root, name))) {
  const imports = importsIn(folder)
  const reported = new Set()
  for (const file of imports.keys()) {
    const circle = reported.has(file) ? undefined : circleThrough(file, imports)
    if (circle === undefined) continue
    for (const member of circle) reported.add(member)
    console.error(`✗ import cycle in ${relative(root, folder)}:\n    ${circle.join('\n    imports ')}`)
    process.exitCode = 1
  }
}
if (process.exitCode) {
  console.error(`Break each cycle: move what its files share to a file that imports none of them, or pass it as an argument.
An \`import type\` counts as well.`)
}
