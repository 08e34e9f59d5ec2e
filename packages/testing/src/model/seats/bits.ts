/** Sets of servers as bits of a number. */
export function bit(index: number): number {
  return 1 << index
}

export function has(set: number, index: number): boolean {
  return ((set >> index) & 1) === 1
}

export function sizeOf(set: number): number {
  let size = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) size++
  return size
}
