// Generated from the .lua files in this folder by scripts/embed-lua.mjs (`npm run embed-lua`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

export const fenced: EmbeddedScript = {
  name: 'fenced',
  sha1: 'd12b061c6b3715dca21c2ca2c7bdb718db5b88d8',
  source: `local seen = redis.call('GET', KEYS[2])
if seen and tonumber(ARGV[1]) < tonumber(seen) then return { 0, seen } end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return { 1, redis.call(ARGV[3], KEYS[1], unpack(ARGV, 4)) }
`,
}
