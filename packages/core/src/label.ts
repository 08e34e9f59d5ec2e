/** Stands before a label in the value of a lock and in the identity of a waiter, and in no label. */
const MARK = '~'

/** A label as it travels: without `#`, which ends the channel of a waiter, and without our own mark. */
export function withLabel(id: string, label: string | undefined): string {
  return label === undefined ? id : `${id}${MARK}${encodeURIComponent(label).replaceAll(MARK, '%7E')}`
}

/** The label in the value of a lock or the identity of a waiter, if there is one. Values of other libraries have none. */
export function labelOf(marked: string | null): string | undefined {
  const at = marked?.lastIndexOf(MARK) ?? -1
  if (marked === null || at < 0) return undefined
  try {
    return decodeURIComponent(marked.slice(at + 1))
  } catch {
    return undefined
  }
}
