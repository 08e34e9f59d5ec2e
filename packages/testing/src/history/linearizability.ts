/** One call on an object: when it began, when it ended (`Infinity` if unknown), and what it did. */
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
 * Checks whether the operations have an order that respects real time and explains every result (Wing and Gong, with
 * Lowe's cache of tried states). An operation without an end may take effect at any later time, or never. Returns the
 * longest order found if there is none for all operations.
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
    // The rest has no end, so it may never have taken effect.
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
  // At the same moment, calls come before returns: then the two overlap, which allows more orders.
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

  /** Returns whether this set plus one operation, in this state, is new. */
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
