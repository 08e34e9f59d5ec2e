// Packs the three packages, installs them in an empty folder with npm, and runs the stories there. Each program is a
// separate process, written from the public documents, with default options, on its own servers.
// `node test/outside/run.mjs` runs all stories, `node test/outside/run.mjs handing-over` only that one.
// The build must have run, which turbo ensures. The last line is always "N passed, N failed".
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { findRedis } from '../../scripts/redis-server.mjs'
import { onInterrupt, root, run } from '../../scripts/run.mjs'
import { countResults, forgetResults } from '../../scripts/count.mjs'

const here = import.meta.dirname
const packages = ['core', 'clients', 'testing']
/** Stories spend most of their time waiting, so more of them run at a time than there are cores. */
const storiesAtOnce = 2

function storiesFrom(names) {
  const known = readdirSync(join(here, 'stories')).map((file) => file.replace('.test.mjs', ''))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(`Expected stories to be among ${known.join(', ')}, got ${unknown.join(', ')}`)
  }
  return (names.length > 0 ? names : known).map((name) => join('stories', `${name}.test.mjs`))
}

async function must(what, command, args, options) {
  const { code, output } = await run(command, args, { quiet: true, ...options })
  if (code !== 0) throw new Error(`${what} failed:\n${output.trimEnd()}`)
}

async function install(folder) {
  const tarballs = join(folder, 'tarballs')
  const project = join(folder, 'project')
  mkdirSync(tarballs)
  cpSync(here, project, { recursive: true })
  for (const name of packages) {
    const cwd = join(root, 'packages', name)
    const pnpm = join(root, 'node_modules', '.bin', 'pnpm')
    await must(`Packing ${name}`, pnpm, ['pack', '--pack-destination', tarballs], { cwd })
  }
  const packed = readdirSync(tarballs).map((name) => join(tarballs, name))
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock']
  await must('Installing the tarballs', 'npm', ['install', ...quietly, ...packed], { cwd: project })
  return project
}

async function main(names) {
  const stories = storiesFrom(names)
  forgetResults('outside')
  const { said, env } = await findRedis()
  console.log(`✓ ${said}`)
  const folder = mkdtempSync(join(tmpdir(), 'quorumlock-outside-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  onInterrupt(remove)
  try {
    const project = await install(folder)
    console.log('✓ the tarballs are installed in an empty folder')
    const reporter = `--test-reporter=${join(here, 'harness', 'reporter.mjs')}`
    const args = ['--test', `--test-concurrency=${storiesAtOnce}`, reporter, ...stories]
    // Without the NODE_PATH that pnpm sets for scripts, through which the project would find our own dependencies.
    const { code } = await run(process.execPath, args, {
      cwd: project,
      env: { ...env, NODE_PATH: '', QUORUMLOCK_CHECKOUT: root },
    })
    return countResults('outside', code)
  } finally {
    remove()
  }
}

let total = { passed: 0, failed: 1 }
try {
  total = await main(process.argv.slice(2))
} catch (error) {
  console.error(`✗ ${relative(root, import.meta.filename)}: ${error.message}`)
}
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed`)
