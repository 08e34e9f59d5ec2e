import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { visible, visibleJson } from '../../src/visible.js'

/** C0 and C1, marks that reorder or hide, ends of lines: spelt out, since the code names them by their categories. */
const OBEYED =
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
  ])('shows %s as an escape', (_what, given, shown) => {
    expect(visible(given)).toBe(shown)
  })

  test('stays as it is where a terminal shows it', () => {
    const plain = 'Größe 日本語 \\n "order:42" 🔒 ~!'
    expect(visible(plain)).toBe(plain)
  })

  test('never holds what a terminal obeys, whatever it is', () => {
    fc.assert(fc.property(text, (given) => !OBEYED.test(visible(given))))
  })

  test('as JSON it means the same and is not obeyed either', () => {
    fc.assert(
      fc.property(text, (given) => {
        const json = visibleJson({ given })
        expect(JSON.parse(json)).toEqual({ given })
        expect(json).not.toMatch(OBEYED)
      }),
    )
  })
})
