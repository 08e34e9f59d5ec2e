import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { endWithUs } from '../../src/fleet/end-with-us.js'

interface Run {
  readonly code: number | null
  readonly out: string
}

/** A separate folder stands for the machine, so that a fleet of the developer is not affected. */
const home = mkdtempSync(join(tmpdir(), 'quorumlock-command-'))

function start(...args: readonly string[]): {
  readonly ended: Promise<Run>
  printed(text: string): Promise<void>
} {
  const child = endWithUs(
    spawn(
      process.execPath,
      ['--conditions', '@quorumlock/source', '--import', 'tsx', 'src/cli/cli.ts', ...args],
      { env: { ...process.env, NODE_OPTIONS: '', TMPDIR: home } },
    ),
  )
  let out = ''
  const watchers: (() => void)[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      for (const watcher of watchers) watcher()
    })
  }
  return {
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, out }))),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (out.includes(text)) resolve()
        }
        watchers.push(look)
        look()
        child.on('close', () => reject(new Error(out)))
      }),
  }
}

test('the commands up, status, fault, heal and down work together', async () => {
  const up = start('up', '--nodes', '3')
  await up.printed('quorumlock-testing down')
  expect((await start('fault', '2', 'freeze').ended).code).toBe(0)
  expect((await start('status').ended).out).toMatch(/node-1 .* up\nnode-2 .* silent {2}freeze\nnode-3 .* up/)
  expect((await start('fault', '2', 'boredom').ended).out).toContain('got boredom')
  await start('heal').ended
  expect((await start('down').ended).code).toBe(0)
  expect((await up.ended).code).toBe(0)
  expect((await start('status').ended).out).toContain('No fleet is up')
})

test('the command soak judges the locks and writes a report', async () => {
  const report = join(home, 'report.html')
  const args = ['--minutes', '0.05', '--seed', '7', '--clients', '2', '--report', report]
  const { code, out } = await start('soak', ...args).ended
  expect(out).toContain('✓ mutual exclusion')
  expect(code).toBe(0)
  expect(readFileSync(report, 'utf8')).toContain('seed 7')
  rmSync(home, { recursive: true, force: true })
})
