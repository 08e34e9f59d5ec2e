import { hashTagOf } from './companions.js'

const SLOTS = 16_384

/** CRC16 (XMODEM), as in the Redis Cluster specification. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/** The slot of a key in a Redis Cluster. */
export function slotOf(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTagOf(key) ?? key)) {
    crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] as number)
  }
  return crc % SLOTS
}
