import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { codeOf, voteOfError } from '../../../src/redis/vote-of-error.js'

describe('the vote of an error', () => {
  test.each([
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    'LOADING Redis is loading the dataset in memory',
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'CLUSTERDOWN The cluster is down',
    'NOREPLICAS Not enough good replicas to write.',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'NOSCRIPT No matching script. Please use EVAL.',
    "ERR unknown command 'EVALSHA', with args beginning with: ",
    'ERR max number of clients reached',
    'The client is closed',
    'The client is offline',
    'The queue is full',
    "Stream isn't writeable and enableOfflineQueue options is false",
    // Redis 6.2, in a script.
    "@user_script: 42: -OOM command not allowed when used memory > 'maxmemory'.",
    "ERR Error running script (call to f_4a5b): @user_script:7: @user_script: 7: -READONLY You can't write against a read only replica.",
  ])('an error before any effect is a failed vote: %s', (message) => {
    const vote = voteOfError(new Error(message))
    expect(vote.vote).toBe('failed')
    expect(vote).not.toHaveProperty('misuse')
  })

  test.each([
    'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    "NOPERM this user has no permissions to run the 'evalsha' command",
    // In a script: 7.2, 8 and Valkey; 7.0; 6.2.
    "ERR ACL failure in script: User u has no permissions to run the 'set' command",
    "ERR ACL failure in script: User u has no permissions to access the 'a' key",
    'ERR ACL failure in script: No permissions to access a key',
    'ERR ACL failure in script: No permissions to access a channel',
    "ERR The user executing the script can't run this command or subcommand",
    "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
    "The user executing the script can't run this command or subcommand",
    "@user_script: 2: The user executing the script can't publish to the channel mentioned in the command",
    "ERR Error running script (call to f_4a5b): @user_script:2: @user_script: 2: The user executing the script can't run this command or subcommand",
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    "CROSSSLOT Keys in request don't hash to the same slot",
    'MOVED 3999 127.0.0.1:6381',
  ])('an error that a retry cannot resolve is misuse: %s', (message) => {
    expect(voteOfError(new Error(message))).toMatchObject({ vote: 'failed', misuse: true })
  })

  test.each([
    'Socket closed unexpectedly',
    'Connection is closed.',
    'read ECONNRESET',
    'Command timed out',
    'Reached the max retries per request limit (which is 20). Refer to "maxRetriesPerRequest" option for details.',
    'Disconnects client',
    'ERR Error running script: something new',
    'MARKER OOM command not allowed',
    'PARTLY NOPERM this user',
    'UNHEARDOF of code',
    '',
  ])('any other error is unknown: %s', (message) => {
    expect(voteOfError(new Error(message))).toMatchObject({
      vote: 'unknown',
      reason: expect.stringMatching(/./),
    })
  })

  test('an error of any type has a vote', () => {
    expect(voteOfError('a string')).toMatchObject({ vote: 'unknown', reason: 'a string' })
    expect(voteOfError(undefined)).toMatchObject({ vote: 'unknown' })
    expect(voteOfError({ message: 'OOM from another realm' })).toMatchObject({ vote: 'failed' })
  })

  test.each([
    "MARKER ERR ACL failure in script: User u has no permissions to run the 'hset' command",
    "MARKER @user_script: 7: The user executing the script can't run this command or subcommand: HSET",
  ])('a missing permission for the marker alone is unknown and misuse: %s', (message) => {
    expect(voteOfError(new Error(message))).toMatchObject({ vote: 'unknown', misuse: true })
  })

  test('a missing permission names the command, found by the line of the script if the server does not name it', () => {
    const attempted = { source: "local a = 1\nreturn redis.call('HMGET', KEYS[1], 'run')", keys: ['marker'] }
    const denied = "The user executing the script can't run this command or subcommand"
    for (const message of [
      `ERR ${denied} script: 553b60, on @user_script:2.`,
      `ERR Error running script (call to f_55): @user_script:2: @user_script: 2: ${denied}`,
    ]) {
      expect(voteOfError(new Error(message), attempted).reason).toMatch(
        /can't run this command or subcommand: HMGET$/,
      )
    }
    expect(voteOfError(new Error(`ERR ${denied}: SET`), attempted).reason).toBe(`ERR ${denied}: SET`)
    const newer = "ERR ACL failure in script: User u has no permissions to run the 'set' command"
    expect(voteOfError(new Error(`${newer} script: 55, on @user_script:2.`), attempted).reason).toBe(newer)
  })

  test('a missing permission names the keys, shortened', () => {
    const keys = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(100_000))
    const denied = 'NOPERM this user has no permissions to access one of the keys used as arguments'
    const { reason } = voteOfError(new Error(denied), { source: '', keys })
    expect(reason).toContain(`one of "${'0'.repeat(60)}…", "1`)
    expect(reason).toContain('4 more')
    expect(reason.length).toBeLessThan(600)
  })

  test('arguments that a server repeats are removed, and so is the command that ioredis attaches to its errors', () => {
    const message = "ERR unknown command 'EVALSHA', with args beginning with: 'a1b2' 'lock:a' 'the-value' "
    const error = Object.assign(new Error(message), { command: { name: 'evalsha', args: ['the-value'] } })
    const vote = voteOfError(error)
    expect(vote).toMatchObject({ vote: 'failed', reason: "ERR unknown command 'EVALSHA'" })
    expect(inspect(vote, { depth: Infinity, showHidden: true })).not.toContain('the-value')
    expect(vote.cause).toBeInstanceOf(Error)
  })

  test('the vote has the error as its cause', () => {
    const error = new Error('OOM')
    expect(voteOfError(error).cause).toBe(error)
  })
})

test('the code of an error is its first word in capitals', () => {
  expect(codeOf('NOSCRIPT No matching script')).toBe('NOSCRIPT')
  expect(codeOf('Socket closed')).toBeUndefined()
})
