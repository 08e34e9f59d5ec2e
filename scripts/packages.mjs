// Installs the packages of the workspace with the pnpm version that wrote the lock file.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { run } from './run.mjs'

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const stampFile = join(root, 'node_modules', '.quorumlock-installed')

/** A hash of everything that determines what an installation contains. */
function stamp() {
  const manifests = ['package.json', 'benchmarks/package.json', 'examples/package.json']
  for (const name of readdirSync(join(root, 'packages'))) manifests.push(`packages/${name}/package.json`)
  const hash = createHash('sha256').update(process.versions.modules)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** @returns {Promise<string>} what was done, to be printed */
export async function installPackages() {
  const wanted = stamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return 'packages: installed'
  console.log('  installing packages (pnpm, a minute at most) …')
  const { code } = await run('npx', ['-y', `pnpm@${devDependencies.pnpm}`, 'install', '--frozen-lockfile'], {
    // Without CI, pnpm may stop and ask before it replaces a folder.
    env: { CI: 'true', npm_config_update_notifier: 'false' },
  })
  if (code !== 0)
    throw new Error('The packages could not be installed; the reason is in the output of pnpm above.')
  writeFileSync(stampFile, wanted)
  return 'packages: installed just now'
}
