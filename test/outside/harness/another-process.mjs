// Whether a process that has nothing to do with a story could get its lock.
import assert from 'node:assert/strict'
import { startProgram } from './program.mjs'

export async function staysOut(t, fleet, resource) {
  const said = await startProgram(t, 'third.mjs', fleet, resource, '500').succeeds()
  assert.match(said, /^stayed out: (CONTENDED|UNAVAILABLE)$/m)
}

export async function getsIn(t, fleet, resource) {
  const said = await startProgram(t, 'third.mjs', fleet, resource, '10000').succeeds()
  assert.match(said, /^got in$/m)
}
