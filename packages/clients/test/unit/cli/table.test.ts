import { expect, test } from '@jest/globals'
import { tableOf } from '../../../src/cli/table.js'

test('columns are as wide as their widest cell', () => {
  expect(
    tableOf([
      ['node', 'holder'],
      ['10.0.0.1:6379', 'anna'],
      ['b', ''],
    ]),
  ).toBe(['  node           holder', '  10.0.0.1:6379  anna', '  b', ''].join('\n'))
})

test('control characters are as wide as their escapes and break no line', () => {
  expect(
    tableOf([
      ['\u001b[31m\nx', '|'],
      ['y', '|'],
    ]),
  ).toBe('  \\u{1b}[31m\\nx  |\n  y              |\n')
})

test('wide characters take two columns, and combining characters none', () => {
  const cells = ['日本', 'ﾃｽﾄx', '🔒ab', 'e\u0301abc', '漢\uff01', '한글', 'abcd']
  expect(tableOf(cells.map((cell) => [cell, '|']))).toBe(cells.map((cell) => `  ${cell}  |\n`).join(''))
})
