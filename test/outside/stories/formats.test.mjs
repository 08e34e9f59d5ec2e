// ES modules, CommonJS and TypeScript, in one project.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { start, startProgram } from '../harness/program.mjs'

const formats = join(import.meta.dirname, '..', 'programs', 'formats')
const tools = join(process.env.QUORUMLOCK_CHECKOUT, 'node_modules')

/** The settings of a strict project, which also checks the types of the packages. */
function writeConfig(name, compilerOptions) {
  const file = join(formats, `tsconfig.${name}.json`)
  const strict = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    typeRoots: [join(tools, '@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  }
  const text = JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, files: ['consumer.ts'] })
  writeFileSync(file, text)
  return file
}

describe('The packages', { concurrency: 2 }, () => {
  for (const format of ['mjs', 'cjs']) {
    it(`a .${format} program holds a lock, and the error of a refused one is an instance in both formats`, async (t) => {
      const fleet = await startNodes(t, 3)
      const holder = startProgram(t, `formats/hold.${format}`, fleet)
      await holder.prints(/held function function/)
      assert.equal(await startProgram(t, 'formats/both.cjs', fleet).succeeds(), 'true true\n')
      holder.sendLine('on')
      assert.match(await holder.succeeds(), /^released$/m)
    })
  }

  const resolutions = {
    NodeNext: { module: 'NodeNext' },
    Bundler: { module: 'ESNext', moduleResolution: 'Bundler' },
  }
  for (const [name, compilerOptions] of Object.entries(resolutions)) {
    it(`the packages and their types compile in a strict TypeScript project with ${name}`, async (t) => {
      const config = writeConfig(name, compilerOptions)
      const program = start(t, [join(tools, '.bin', 'tsc'), '-p', config, '--pretty', 'false'])
      assert.equal(await program.succeeds(), '')
    })
  }
})
