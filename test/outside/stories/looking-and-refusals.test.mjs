// The output of inspect(), and errors that name the remedy.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startNodes } from '../harness/nodes.mjs'
import { startProgram } from '../harness/program.mjs'

// The permissions in docs/operations.md, without those that only client libraries need.
const permissions =
  'on >secret resetchannels &quorumlock:wake:* ~lock:* ~{lock:* +eval +evalsha +time +mget +get +set +del +pttl ' +
  '+pexpire +exists +zadd +zrem +zrangebyscore +zscore +scan +publish +subscribe +unsubscribe +hmget +hset +hdel +info'

async function permit(fleet, rules) {
  for (const node of fleet.nodes) await node.command('ACL', 'SETUSER', 'locker', ...rules.split(' '))
}

/** Users with a missing permission, and what the error must name. */
const lacking = {
  'the command set': [permissions.replace(' +set', ''), /\bset\b/i],
  'the commands eval and evalsha': [permissions.replace(' +eval +evalsha', ''), /\beval(sha)?\b/i],
  'the keys of the locks': [permissions.replace('~lock:*', '~other:*'), /\bkeys?\b/i],
}

describe('What is looked at', { concurrency: 2 }, () => {
  it('inspect() returns JSON without the value of the holder or of a waiter', async (t) => {
    const fleet = await startNodes(t, 3)
    const output = await startProgram(t, 'inspect.mjs', fleet).succeeds()
    const [seen, ...rest] = output.trim().split('\n')
    assert.equal(JSON.parse(seen).locked, true)
    assert.match(JSON.parse(seen).nodes[0].token, /^\d+$/)
    assert.deepEqual(rest, ['holder: value not shown', 'waiter: value not shown', 'token: bigint'])
  })
})

describe('What is refused', { concurrency: 2 }, () => {
  it('a call for 1,001 resources is rejected with a RangeError', async (t) => {
    const output = await startProgram(t, 'many-resources.mjs', await startNodes(t, 3), '1001').succeeds()
    assert.match(output, /^RangeError: .*1[, ]?000/)
  })

  it('a call for 1,000 resources succeeds', async (t) => {
    const output = await startProgram(t, 'many-resources.mjs', await startNodes(t, 3), '1000').succeeds()
    assert.equal(output, 'held\n')
  })

  for (const [what, [rules, named]] of Object.entries(lacking)) {
    it(`a user without ${what} gets a LockMisuseError that names node and command`, async (t) => {
      const fleet = await startNodes(t, 3)
      await permit(fleet, rules)
      const output = await startProgram(t, 'limited-user.mjs', fleet).succeeds()
      assert.match(output, /^LockMisuseError MISUSE: /)
      assert.match(output, named)
      assert.ok(
        fleet.nodes.some(({ port }) => output.includes(`127.0.0.1:${port}`)),
        output,
      )
    })
  }

  it('a user with the documented permissions can lock', async (t) => {
    const fleet = await startNodes(t, 3)
    await permit(fleet, permissions)
    assert.equal(await startProgram(t, 'limited-user.mjs', fleet).succeeds(), 'held\n')
  })

  it('a RateLimiter without a store is rejected with a TypeError that names it', async (t) => {
    const output = await startProgram(t, 'rate-limiter.mjs', await startNodes(t, 3)).succeeds()
    assert.match(output, /^TypeError: .*store/)
  })
})
