-- Returns the clock of the node and, if requested, its marker. A translation of `greetingOf` in marker-state.ts.
--
-- KEYS   the marker, or none; and where one of version 0.1 may stand
-- ARGV   the number of the call
-- reply  see parts/greeting.lua

local call = redis.call
local key, former = KEYS[1], KEYS[2]
local time = call('TIME')

-- @include former
-- @include greeting

if former and call('EXISTS', key) == 0 then takeOver() end
return greeting()
