// What a reader looks at, and what is refused with a word on what to do.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'

// packages/clients/README.md: "A user for locks under the default prefix needs exactly this".
const permissions =
  'on >secret resetchannels &quorumlock:wake:* ~lock:* ~{lock:* +eval +evalsha +time +mget +get +set +del +pttl ' +
  '+pexpire +exists +zadd +zrem +zrangebyscore +zscore +publish +subscribe +unsubscribe +hmget +hset +hdel +info'

async function permit(fleet, rules) {
  for (const node of fleet.nodes) await node.command('ACL', 'SETUSER', 'locker', ...rules.split(' '))
}

/** Users who lack something, and what the error has to name. */
const lacking = {
  'the command set': [permissions.replace(' +set', ''), /\bset\b/i],
  'the commands eval and evalsha': [permissions.replace(' +eval +evalsha', ''), /\beval(sha)?\b/i],
  'the keys of the locks': [permissions.replace('~lock:*', '~other:*'), /\bkeys?\b/i],
}

describe('What is looked at', { concurrency: 2 }, () => {
  it('by inspect() prints as JSON and holds neither the value of the holder nor that of a waiter', async (t) => {
    const fleet = await startNodes(t, 3)
    const said = await startProgram(t, 'inspect.mjs', fleet).succeeds()
    const [seen, ...rest] = said.trim().split('\n')
    assert.equal(JSON.parse(seen).locked, true)
    assert.match(JSON.parse(seen).nodes[0].token, /^\d+$/)
    assert.deepEqual(rest, [
      'holder: its value is not in there',
      'waiter: its value is not in there',
      'token: bigint',
    ])
  })
})

describe('What is refused', { concurrency: 2 }, () => {
  it('is a call for 1,001 resources, by a RangeError', async (t) => {
    const said = await startProgram(t, 'many-resources.mjs', await startNodes(t, 3), '1001').succeeds()
    assert.match(said, /^RangeError: .*1[, ]?000/)
  })

  it('is not a call for 1,000 resources', async (t) => {
    const said = await startProgram(t, 'many-resources.mjs', await startNodes(t, 3), '1000').succeeds()
    assert.equal(said, 'held\n')
  })

  for (const [what, [rules, named]] of Object.entries(lacking)) {
    it(`is a user without ${what}, at once, by a LockMisuseError that names node and command`, async (t) => {
      const fleet = await startNodes(t, 3)
      await permit(fleet, rules)
      const said = await startProgram(t, 'limited-user.mjs', fleet).succeeds()
      assert.match(said, /^LockMisuseError MISUSE: /)
      assert.match(said, named)
      assert.ok(
        fleet.nodes.some(({ port }) => said.includes(`127.0.0.1:${port}`)),
        said,
      )
    })
  }

  it('is not a user with the permissions that the documents name', async (t) => {
    const fleet = await startNodes(t, 3)
    await permit(fleet, permissions)
    assert.equal(await startProgram(t, 'limited-user.mjs', fleet).succeeds(), 'held\n')
  })

  it('is a RateLimiter without a store, by a TypeError that says so', async (t) => {
    const said = await startProgram(t, 'rate-limiter.mjs', await startNodes(t, 3)).succeeds()
    assert.match(said, /^TypeError: .*store/)
  })
})
