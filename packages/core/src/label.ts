/** Precedes a label in the value of a lock and in the id of a waiter, and occurs in no encoded label. */
const MARK = '~'

/** Appends an encoded label, without `#`, which ends the channel of a waiter, and without the mark itself. */
export function withLabel(id: string, label: string | undefined): string {
  return label === undefined ? id : `${id}${MARK}${encodeURIComponent(label).replaceAll(MARK, '%7E')}`
}

/** The label in the value of a lock or in the id of a waiter, if there is one. Values of other libraries have none. */
export function labelOf(marked: string | null): string | undefined {
  const at = marked?.lastIndexOf(MARK) ?? -1
  if (marked === null || at < 0) return undefined
  try {
    return decodeURIComponent(marked.slice(at + 1))
  } catch {
    return undefined
  }
}
