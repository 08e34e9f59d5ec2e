// The hashes of a few histories: the same on every version of Node. node scripts/hashes.mjs [--write]
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { compiled } from './compiled.mjs'

const file = fileURLToPath(new URL('../test/simulation/hashes.json', import.meta.url))
const module = compiled('simulate')
const { simulate } = await import(module)
/** Histories follow from the sources: those of others cannot be compared. */
const sources = basename(dirname(dirname(dirname(fileURLToPath(module)))))
const hashes = {}
for (const seed of [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233])
  hashes[seed] = (await simulate({ seed })).hash

if (process.argv.includes('--write')) {
  writeFileSync(file, `${JSON.stringify({ sources, hashes }, undefined, 2)}\n`)
  console.log(`Written with Node ${process.version}`)
} else {
  const known = JSON.parse(readFileSync(file, 'utf8'))
  if (known.sources !== sources) {
    console.log('The sources have changed since the hashes were written: write them anew with --write')
  } else if (JSON.stringify(known.hashes) === JSON.stringify(hashes)) {
    console.log(`The same histories with Node ${process.version}`)
  } else {
    console.error(`Other histories with Node ${process.version}`, { expected: known.hashes, got: hashes })
    process.exitCode = 1
  }
}
