/**
 * What a terminal obeys or hides instead of showing it: control characters (C0, DEL, C1), format characters (among them
 * those that change the direction of text), separators of lines, halves of characters.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text for people that holds names, labels or messages of other parties: one line in which every character is seen, so
 * that it can neither move the cursor, nor end the line, nor pass for something else.
 */
export function visible(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) => SHORT[character] ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )
}

/** The same document as `JSON.stringify` makes, which escapes C0 only: nothing in it is obeyed by a terminal. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
