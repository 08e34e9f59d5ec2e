import type { Socket } from 'node:net'
import { abort } from './abort.js'
import type { Road } from './road.js'

/** The most bytes that are held before the sender is paused, as by a full window. */
const mostHeld = 1 << 20

type Parcel = Buffer | 'end' | 'reset'

interface Held {
  readonly parcel: Parcel
  /** By `performance.now()`. */
  readonly due: number
}

/** Carries the bytes of one direction to their socket, in order, under the conditions of the road. */
export class BytePipe {
  readonly #road: Road
  readonly #source: Socket
  readonly #sink: Socket
  readonly #forget: () => void
  #held: Held[] = []
  #heldBytes = 0
  #lastDue = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false
  /** Some data was discarded, so later data would not match. */
  hasLost = false

  constructor(road: Road, source: Socket, sink: Socket, onRecovered: () => void) {
    this.#road = road
    this.#source = source
    this.#sink = sink
    this.#forget = road.onChange(() => {
      if (this.hasLost && !road.isDiscarding) onRecovered()
      this.#pump()
    })
    sink.on('drain', () => this.#source.resume())
  }

  carry(parcel: Parcel): void {
    const road = this.#road
    if (road.isClear && this.#held.length === 0) {
      this.#deliver(parcel)
      return
    }
    if (road.isDiscarding) {
      this.hasLost = true
      return
    }
    if (road.isSliced && parcel instanceof Buffer) {
      for (let at = 0; at < parcel.length; at++) this.#enqueue(parcel.subarray(at, at + 1))
    } else this.#enqueue(parcel)
    this.#pump()
  }

  close(): void {
    this.#closed = true
    this.#forget()
    clearTimeout(this.#timer)
    this.#held = []
  }

  #enqueue(parcel: Parcel): void {
    const { latency, jitter, bytesPerSecond } = this.#road
    const size = parcel instanceof Buffer ? parcel.length : 0
    const arrival = performance.now() + latency + Math.random() * jitter
    this.#lastDue = Math.max(this.#lastDue, arrival) + (size / bytesPerSecond) * 1_000
    this.#held.push({ parcel, due: this.#lastDue })
    this.#heldBytes += size
    if (this.#heldBytes > mostHeld) this.#source.pause()
  }

  #pump(): void {
    clearTimeout(this.#timer)
    if (this.#road.isStalled || this.#closed) return
    const now = performance.now()
    while (this.#held.length > 0) {
      const { parcel, due } = this.#held[0] as Held
      if (due > now) {
        this.#timer = setTimeout(() => this.#pump(), due - now)
        this.#timer.unref()
        return
      }
      this.#held.shift()
      if (parcel instanceof Buffer) this.#heldBytes -= parcel.length
      this.#deliver(parcel)
      if (this.#road.isSliced && this.#held.length > 0) {
        // In a separate turn, or the system would join the bytes again.
        setImmediate(() => this.#pump())
        return
      }
    }
    this.#source.resume()
  }

  #deliver(parcel: Parcel): void {
    if (this.#sink.destroyed) return
    if (parcel === 'end') this.#sink.end()
    else if (parcel === 'reset') abort(this.#sink)
    else if (!this.#sink.write(parcel)) this.#source.pause()
  }
}
