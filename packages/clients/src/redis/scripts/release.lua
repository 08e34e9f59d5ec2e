-- Gives one lock back, to the next waiter if there is one. A translation of `release` in @quorumlock/core's node-state.ts,
-- for a single key.
--
-- KEYS   lock; queue; the marker if there is a stamp
-- ARGV   1 number of the call, 2 value, 3 stamp or nothing
-- reply  as for batch.lua, which also describes keys and refusals

-- @include reasons

local call, pcalled = redis.call, redis.pcall
local lock, queue, value = KEYS[1], KEYS[2], ARGV[2]

local holder = call('GET', lock)
local isOwner = holder == value

-- Common case: nobody waits.
if call('EXISTS', queue) == 0 then
  if isOwner then call('DEL', lock) end
  return isOwner and ARGV[1] or { ARGV[1], 1, GONE }
end

local stamp = ARGV[3]
local marker = stamp ~= '' and KEYS[3]
local mark = marker and call('HMGET', marker, 'stamp')[1]
local mayHandOver = marker and mark == stamp
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local reply = isOwner and heading or { heading, 1, GONE }
local longest = 0

-- @include marker
-- @include places
-- @include hand-over

leave(queue, value)
if holder and not isOwner then return reply end
if not serveNext(lock, queue, nil, mayHandOver) and isOwner then call('DEL', lock) end
return reply
