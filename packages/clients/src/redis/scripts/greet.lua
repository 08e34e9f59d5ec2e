-- Returns the clock of the node and, if requested, its marker. A translation of `greetingOf` in node-state.ts.
--
-- KEYS   1: the marker, or none
-- ARGV   the number of the call
-- reply  that number, clock in milliseconds, identity of the server process, and if the marker exists: fleet, run,
--        longest TTL, highest token, remaining quarantine in milliseconds or false

local echo = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
local info = redis.pcall('INFO', 'server')
local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
if not KEYS[1] then return { echo, now, own } end

local marker = redis.call('HMGET', KEYS[1], 'fleet', 'run', 'longest', 'highest', 'until')
if not marker[2] then return { echo, now, own } end

local quarantine = marker[5] and math.max(0, math.ceil(tonumber(marker[5]) - now))
return { echo, now, own, marker[1], marker[2], marker[3], marker[4], quarantine }
