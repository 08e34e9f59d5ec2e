import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

let library: Promise<string | null> | undefined

/** The clock shim as a library to preload, or null if none can be built, for lack of Linux or a C compiler. */
export function clockShim(): Promise<string | null> {
  library ??= build().catch(() => null)
  return library
}

/** Compiled once per machine and user, and found again by the hash of its source. */
async function build(): Promise<string | null> {
  // Other systems preload libraries in another way.
  if (process.platform !== 'linux') return null
  const source = sourceFile()
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const { uid } = userInfo()
  const folder = join(tmpdir(), `quorumlock-clock-${uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const owned = lstatSync(folder)
  // A file that another user placed there must not run in the servers.
  if (!owned.isDirectory() || owned.uid !== uid || (owned.mode & 0o022) !== 0) return null
  const wanted = join(folder, `${digest}-${process.arch}.so`)
  if (existsSync(wanted)) return wanted
  const work = mkdtempSync(join(folder, 'build-'))
  try {
    const made = join(work, 'clock.so')
    await run('cc', ['-shared', '-fPIC', '-O2', '-o', made, source, '-ldl'])
    // Atomic, since several processes may do this at once.
    renameSync(made, wanted)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return wanted
}

/** The build puts a copy next to the bundle. */
function sourceFile(): string {
  const shipped = fileURLToPath(new URL('./shim.c', import.meta.url))
  return existsSync(shipped) ? shipped : fileURLToPath(new URL('./clock/shim.c', import.meta.url))
}
