import { expect, test } from '@jest/globals'
import { checkCommand } from '../../../src/fencing/guarded-command.js'

const refusal = (key: string, ...command: string[]) => expect(() => checkCommand(key, command as never))

test('commands whose first argument is the key are accepted', () => {
  for (const command of [
    ['SET', 'k', 'v'],
    ['hset', 'k', 'field', 'k2'],
    ['SUNIONSTORE', 'k', 'other'],
    ['JSON.SET', 'k', '$', '1'],
    ['UNLINK', 'k'],
  ]) {
    refusal('k', ...command).not.toThrow()
  }
})

test('a command with another first argument is rejected, and the error names the expected key', () => {
  refusal('k', 'SET', 'other', 'v').toThrow(
    'Expected the first argument of "SET" to be the key "k", got "other": fencedWrite guards "k" alone. ' +
      'Use a command whose first argument is the key that it writes',
  )
  refusal('k', 'FLUSHALL').toThrow(
    'Expected the first argument of "FLUSHALL" to be the key "k", got undefined',
  )
  refusal('k', 'BITOP', 'NOT', 'k', 'other').toThrow(TypeError)
  refusal('k', 'EVAL', 'return 1', '1', 'k').toThrow(TypeError)
})

test('a command that also writes other keys is rejected, in upper and lower case', () => {
  for (const command of [
    ['RENAME', 'k', 'other'],
    ['mset', 'k', '1', 'other', '2'],
    ['Copy', 'k', 'other'],
    ['LMOVE', 'k', 'other', 'LEFT', 'LEFT'],
    ['del', 'k', 'other'],
    ['SORT', 'k', 'STORE', 'other'],
  ]) {
    refusal('k', ...command).toThrow('which writes other keys too')
  }
  refusal('ASYNC', 'FLUSHDB', 'ASYNC').toThrow(TypeError)
})

test('a value that is not a command is rejected', () => {
  for (const given of ['SET k v', [], ['SET', 'k', 5], undefined, null]) {
    expect(() => checkCommand('k', given as never)).toThrow('Expected `command` to be an array of strings')
  }
})
