/**
 * Characters that a terminal executes or hides instead of showing them: control characters (C0, DEL, C1), format
 * characters (including those that change the direction of text), line separators, unpaired surrogates.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes names, labels and messages of other parties safe to show: one line in which every character is visible, so that
 * it cannot move the cursor, end the line or pass for something else.
 */
export function visible(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) => SHORT[character] ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )
}

/** The document of `JSON.stringify`, which escapes only C0, with all other such characters escaped as well. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
