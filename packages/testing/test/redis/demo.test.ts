import { describe, expect, test } from '@jest/globals'
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { endWithUs } from '../../src/fleet/end-with-us.js'
import { until } from '../../src/fleet/until.js'

const main = fileURLToPath(new URL('../../demo/failover.ts', import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const command = [process.execPath, '--conditions', '@quorumlock/source', '--import', tsx, main]

/** Runs the demo; `react` gets the output so far, and may send signals. */
function run(
  [program, ...args]: readonly string[],
  env: Record<string, string>,
  react: (output: string, pid: number) => void = () => {},
): Promise<{ code: number | null; output: string; group: number }> {
  const child = endWithUs(
    spawn(program!, args, {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // The demo's children are found by their group.
      detached: true,
    }),
    'its group',
  )
  let output = ''
  const hear = (chunk: Buffer): void => {
    output += chunk.toString()
    react(output, child.pid!)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, output, group: child.pid! }))
  })
}

/** Resolves once no process of the demo is running. */
async function allEnded(group: number): Promise<void> {
  await until(async () => {
    const left = spawnSync('ps', ['-o', 'pid=,args=', '-g', String(group)], { encoding: 'utf8' }).stdout
    if (left !== '') throw new Error(`Still running:\n${left}`)
  })
}

function interruptOnce(signal: NodeJS.Signals, at: RegExp): (output: string, pid: number) => void {
  let isSent = false
  return (output, pid) => {
    if (isSent || !at.test(output)) return
    isSent = true
    process.kill(pid, signal)
  }
}

describe('the demo', () => {
  test('the demo shows locks that hold while servers fail, in plain lines if there is no terminal', async () => {
    const { code, output, group } = await run(command, {})
    await allEnded(group)
    expect(output).toMatch(/^On five real Redis servers/)
    expect(output).toContain('node 2 is killed')
    expect(output).toMatch(/crashes while it holds/)
    expect(output).toMatch(/✓ \d+ sections, 0 times two workers inside at once/)
    expect(output).not.toContain('\u001b')
    expect(code).toBe(0)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'the demo ends cleanly on %s, and leaves no process behind',
    async (signal) => {
      const { code, output, group } = await run(command, {}, interruptOnce(signal, /\d+\.\d s {2}nodes:/))
      await allEnded(group)
      expect(output).toContain('Interrupted. Up to here:')
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143)
    },
  )

  test('the workers of the demo end when it gets SIGKILL', async () => {
    const { group } = await run(command, {}, interruptOnce('SIGKILL', /\d+\.\d s {2}nodes:/))
    await allEnded(group)
  })

  test('the demo runs in memory on request, and reports that', async () => {
    const env = { QUORUMLOCK_DEMO: 'memory' }
    const { output } = await run(command, env, interruptOnce('SIGTERM', /node 1 is killed/))
    expect(output).toMatch(/^On five nodes in memory, as asked for/)
    expect(output).toMatch(/0 times two workers inside at once/)
  })

  test('the demo redraws in place in a terminal, and restores the screen', async () => {
    if (spawnSync('script', ['--version']).error !== undefined) return
    // In a separate terminal; the interrupt reaches the whole group of the demo, as from a keyboard.
    const quoted = command.map((word) => `'${word}'`).join(' ')
    const env = { QUORUMLOCK_DEMO: 'memory', TERM: 'xterm-256color' }
    const stopped = `timeout --foreground -s INT 8 ${quoted}`
    const { output } = await run(['script', '-qec', stopped, '/dev/null'], env)
    expect(output).toContain('\u001b[?1049h')
    expect(output).toContain('locks over five nodes while nodes fail')
    expect(output.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(output.lastIndexOf('\u001b[?1049h'))
    expect(output).toContain('Interrupted. Up to here:')
  })
})
