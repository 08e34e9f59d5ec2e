import { expect, test } from '@jest/globals'
import { isNameOf, questionAbout } from '../../../src/cli/release.js'

test('the question shows control characters of a name as escapes, and accepts these as the answer', () => {
  const resource = '\u001b[2Jorder'
  expect(questionAbout(resource)).toMatch(/^Release \\u\{1b\}\[2Jorder /)
  expect(isNameOf(resource, '\\u{1b}[2Jorder ')).toBe(true)
  expect(isNameOf(resource, 'order')).toBe(false)
  expect(isNameOf('order:42', ' order:42')).toBe(true)
  expect(isNameOf('order:42', 'order:4')).toBe(false)
  expect(isNameOf('order:42', '')).toBe(false)
})
