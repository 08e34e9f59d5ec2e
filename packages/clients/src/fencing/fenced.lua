-- Runs one command on a key unless a higher fencing token was seen there: the other half of `lock.token`.
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
