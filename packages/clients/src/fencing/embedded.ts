// Generated from the .lua files in this folder by scripts/embed-lua.mjs (`npm run embed-lua`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

export const fenced: EmbeddedScript = {
  name: 'fenced',
  sha1: '71463619f24e188322a20ca486c6a3ee6bded786',
  source: `-- Runs one command on a key unless a higher fencing token has been seen for it. The counterpart of \`lock.token\`.
--
-- KEYS   1: the key that the command writes; 2: the highest token seen for it
-- ARGV   1: token; 2: how long it is remembered after the last write, milliseconds; 3: the name of the command;
--        4 …: its arguments after the key
-- reply  { 1, reply of the command } or { 0, highest token }

local seen = redis.call('GET', KEYS[2])
-- Tokens are below 2^53, so they compare exactly as numbers.
if seen and tonumber(ARGV[1]) < tonumber(seen) then return { 0, seen } end

redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
-- The command writes the guarded key, with any prefix that a client library has added to it.
return { 1, redis.call(ARGV[3], KEYS[1], unpack(ARGV, 4)) }
`,
}
