import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { visible, visibleJson } from '../../src/visible.js'

/** C0 and C1, characters that reorder or hide text, line ends. Listed explicitly, because the code uses categories. */
const EXECUTED =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u

const text = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u001b', '\u009b', '\u202e', '\n')),
})

describe('text of other parties', () => {
  test.each([
    ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
    ['the title of the window', '\u001b]0;owned\u0007', '\\u{1b}]0;owned\\u{7}'],
    ['an escape sequence in one character', '\u009b2J', '\\u{9b}2J'],
    ['line breaks and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a change of direction', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['half a character', 'a\ud800b', 'a\\u{d800}b'],
    ['DEL', 'a\u007f', 'a\\u{7f}'],
  ])('%s is shown as an escape', (_what, given, shown) => {
    expect(visible(given)).toBe(shown)
  })

  test('visible text stays unchanged', () => {
    const plain = 'Größe 日本語 \\n "order:42" 🔒 ~!'
    expect(visible(plain)).toBe(plain)
  })

  test('the result never contains a character that a terminal would execute', () => {
    fc.assert(fc.property(text, (given) => !EXECUTED.test(visible(given))))
  })

  test('JSON keeps its meaning and contains no character that a terminal would execute', () => {
    fc.assert(
      fc.property(text, (given) => {
        const json = visibleJson({ given })
        expect(JSON.parse(json)).toEqual({ given })
        expect(json).not.toMatch(EXECUTED)
      }),
    )
  })
})
