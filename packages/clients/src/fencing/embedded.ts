// Generated from the .lua files in this folder by scripts/embed-lua.mjs (`npm run embed-lua`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

export const fenced: EmbeddedScript = {
  name: 'fenced',
  sha1: '2ebfb10b3b9136841e86ce6047a4396134903c5f',
  source: `-- Runs one command on a key unless a higher fencing token was seen there: the other half of \`lock.token\`.
--
-- KEYS   1: the key that the command writes; 2: the highest token seen for it
-- ARGV   1: token; 2: how long it is remembered after the last write, milliseconds; 3: the name of the command;
--        4 …: its arguments after the key
-- reply  { 1, reply of the command } or { 0, highest token }

local seen = redis.call('GET', KEYS[2])
-- Tokens are below 2^53: numbers compare them exactly.
if seen and tonumber(ARGV[1]) < tonumber(seen) then return { 0, seen } end

redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
-- The key of the command is the key that is guarded, with the prefix that a client library may have put before it.
return { 1, redis.call(ARGV[3], KEYS[1], unpack(ARGV, 4)) }
`,
}
