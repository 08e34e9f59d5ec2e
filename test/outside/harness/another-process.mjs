// Whether a separate process can acquire a lock.
import assert from 'node:assert/strict'
import { startProgram } from './program.mjs'

export async function staysOut(t, fleet, resource) {
  const output = await startProgram(t, 'third.mjs', fleet, resource, '500').succeeds()
  assert.match(output, /^stayed out: (CONTENDED|UNAVAILABLE)$/m)
}

export async function getsIn(t, fleet, resource) {
  const output = await startProgram(t, 'third.mjs', fleet, resource, '10000').succeeds()
  assert.match(output, /^got in$/m)
}
