import { closeSync, openSync, writeSync } from 'node:fs'

const slotSize = 24
const fileSize = 8 + 2 * slotSize

interface Setting {
  /** Nanoseconds since 1970, of the machine and as the server sees it. */
  readonly real: bigint
  readonly shown: bigint
  readonly rate: number
}

/** The wall clock of one server, which reads it from a file through the preloaded shim. */
export class ServerClock {
  readonly #file: string
  #current = 0
  #setting: Setting = { real: 0n, shown: 0n, rate: 1 }

  constructor(file: string) {
    this.#file = file
    const now = machineTime()
    this.#setting = { real: now, shown: now, rate: 1 }
    writeFile(file, 'w', [[0, Buffer.alloc(fileSize)]])
    this.#write()
  }

  get file(): string {
    return this.#file
  }

  /** How far it is ahead of the machine's clock, milliseconds. */
  get offset(): number {
    return Number(this.#shown(machineTime()) - machineTime()) / 1e6
  }

  /** Moves it at once. */
  step(ms: number): void {
    this.#set(BigInt(Math.round(ms * 1e6)), this.#setting.rate)
  }

  /** From now on it runs this many times as fast as the machine's. */
  drift(rate: number): void {
    this.#set(0n, rate)
  }

  reset(): void {
    const real = machineTime()
    this.#setting = { real, shown: real, rate: 1 }
    this.#write()
  }

  #shown(real: bigint): bigint {
    const { real: since, shown, rate } = this.#setting
    return shown + BigInt(Math.round(Number(real - since) * rate))
  }

  #set(by: bigint, rate: number): void {
    const real = machineTime()
    this.#setting = { real, shown: this.#shown(real) + by, rate }
    this.#write()
  }

  /** Writes to the inactive slot, and then makes it the active one. */
  #write(): void {
    const next = 1 - this.#current
    const slot = Buffer.alloc(slotSize)
    slot.writeBigInt64LE(this.#setting.real, 0)
    slot.writeBigInt64LE(this.#setting.shown, 8)
    slot.writeDoubleLE(this.#setting.rate, 16)
    writeFile(this.#file, 'r+', [
      [8 + next * slotSize, slot],
      [0, Buffer.from([next])],
    ])
    this.#current = next
  }
}

function machineTime(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

function writeFile(path: string, flags: 'w' | 'r+', pieces: readonly (readonly [number, Buffer])[]): void {
  const file = openSync(path, flags)
  try {
    for (const [position, bytes] of pieces) writeSync(file, bytes, 0, bytes.length, position)
  } finally {
    closeSync(file)
  }
}
