const MOST_KEYS = 5
const LONGEST_KEY = 60

/** Keys for a message, limited in number and length. */
export function shownKeys(keys: readonly string[]): string {
  const shown = keys
    .slice(0, MOST_KEYS)
    .map((key) => JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key))
  if (keys.length > MOST_KEYS) shown.push(`${keys.length - MOST_KEYS} more`)
  return shown.join(', ')
}
