/** One call on an object: when it began, when it ended (`Infinity` when nobody knows), and what it did. */
export interface Operation<State> {
  readonly name: string
  readonly invoked: number
  readonly completed: number
  /** The state after it, or `undefined` when it cannot have happened in this state with this result. */
  readonly apply: (state: State) => State | undefined
}

interface Entry<State> {
  readonly operation: Operation<State>
  readonly index: number
  isCall: boolean
  previous: Entry<State> | undefined
  next: Entry<State> | undefined
  match: Entry<State> | undefined
}

/**
 * Whether there is an order of the operations that respects real time and in which each did what it says (Wing and
 * Gong, with Lowe's memory of what was tried). An operation without an end may take effect at any later time, or
 * never. Returns the longest order that was found when there is none for all.
 */
export function checkLinearizability<State>(
  operations: readonly Operation<State>[],
  initial: State,
  keyOf: (state: State) => string = String,
): { readonly linearizable: boolean; readonly longest: readonly string[] } {
  const head = entriesOf(operations)
  const done = new BitSet(operations.length)
  const tried = new Set<string>()
  const stack: { readonly entry: Entry<State>; readonly before: State }[] = []
  let longest: string[] = []
  let state = initial
  let entry = head.next
  for (;;) {
    // What is left has no end: it may as well not have happened.
    if (entry === undefined) return { linearizable: true, longest: namesOf(stack) }
    if (entry.isCall) {
      const after = entry.operation.apply(state)
      const isNew = after !== undefined && done.isNew(entry.index, keyOf(after), tried)
      if (after !== undefined && isNew) {
        stack.push({ entry, before: state })
        state = after
        done.set(entry.index)
        lift(entry)
        entry = head.next
      } else entry = entry.next
      continue
    }
    if (stack.length > longest.length) longest = namesOf(stack)
    const last = stack.pop()
    if (last === undefined) return { linearizable: false, longest }
    state = last.before
    done.clear(last.entry.index)
    unlift(last.entry)
    entry = last.entry.next
  }
}

function entriesOf<State>(operations: readonly Operation<State>[]): Entry<State> {
  const blank = { previous: undefined, next: undefined, match: undefined }
  const events = operations.flatMap((operation, index) => {
    const call: Entry<State> = { ...blank, operation, index, isCall: true }
    if (operation.completed === Infinity) return [{ at: operation.invoked, entry: call }]
    const back: Entry<State> = { ...blank, operation, index, isCall: false }
    call.match = back
    return [
      { at: operation.invoked, entry: call },
      { at: operation.completed, entry: back },
    ]
  })
  // At the same moment calls come first: then the two overlap, which allows more.
  events.sort((a, b) => a.at - b.at || Number(b.entry.isCall) - Number(a.entry.isCall))
  const head = { ...blank, isCall: true, index: -1 } as unknown as Entry<State>
  let last = head
  for (const { entry } of events) {
    last.next = entry
    entry.previous = last
    last = entry
  }
  return head
}

function lift<State>(entry: Entry<State>): void {
  for (const one of [entry, entry.match]) {
    if (one === undefined) continue
    if (one.previous !== undefined) one.previous.next = one.next
    if (one.next !== undefined) one.next.previous = one.previous
  }
}

function unlift<State>(entry: Entry<State>): void {
  for (const one of [entry.match, entry]) {
    if (one === undefined) continue
    if (one.previous !== undefined) one.previous.next = one
    if (one.next !== undefined) one.next.previous = one
  }
}

function namesOf<State>(stack: readonly { readonly entry: Entry<State> }[]): string[] {
  return stack.map(({ entry }) => entry.operation.name)
}

/** Which operations have taken effect. */
class BitSet {
  readonly #words: Uint32Array

  constructor(size: number) {
    this.#words = new Uint32Array((size >> 5) + 1)
  }

  set(index: number): void {
    this.#words[index >> 5] = (this.#words[index >> 5] as number) | (1 << (index & 31))
  }

  clear(index: number): void {
    this.#words[index >> 5] = (this.#words[index >> 5] as number) & ~(1 << (index & 31))
  }

  /** Whether this set with one more, in this state, was not tried before. */
  isNew(index: number, state: string, tried: Set<string>): boolean {
    this.set(index)
    // Leading and trailing words are mostly full or empty; text of 16-bit units keeps the memory small.
    const units = new Uint16Array(this.#words.buffer)
    const key = `${String.fromCharCode(...units)} ${state}`
    this.clear(index)
    if (tried.has(key)) return false
    tried.add(key)
    return true
  }
}
