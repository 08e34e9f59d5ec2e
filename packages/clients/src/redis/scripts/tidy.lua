-- Deletes copies of locks that were released while the copies were on their way. A translation of `tidy` in
-- @quorumlock/core's copies.ts.
--
-- KEYS   the lock keys; their queues; the marker
-- ARGV   1 number of the call, 2 stamp; then of one lock after another the value, and the time at which it expires
-- reply  heading and the refusal as for batch.lua, or the heading alone

-- @include reasons

local marker, stamp, pcalled = KEYS[#KEYS], ARGV[2], redis.pcall

-- @include copying

local longest = 0

-- @include marker
-- @include places
-- @include hand-over

if mark ~= stamp then return { heading, barred() } end

-- Servers read their clocks more than once in a command, milliseconds.
local SAME_TIME = 2

local count = (#KEYS - 1) / 2
local holders = readAll(KEYS, count)
for i = 1, count do
  local lock, value, expiresAt = KEYS[i], ARGV[2 * i + 1], tonumber(ARGV[2 * i + 2])
  local left = holders[i] == value and call('PTTL', lock) or -1
  -- Otherwise its owner has used it in the meantime.
  if left >= 0 and math.abs(now + elapsed() + left - expiresAt) <= SAME_TIME then
    call('DEL', lock)
    serveNext(lock, KEYS[count + i])
  end
end
return heading
