-- Writes the marker of a fleet if the condition of the mode holds. A translation of `mark` in node-state.ts.
--
-- KEYS   1: the marker
-- ARGV   mode, fleet, run, longest TTL, floor, duration of a quarantine, number of the call; times in milliseconds
-- reply  as for greet.lua

local key = KEYS[1]
local mode, fleet, run = ARGV[1], ARGV[2], ARGV[3]
local longest, floor, duration = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local echo = tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local marker = redis.call('HMGET', key, 'run', 'until', 'longest', 'highest', 'floor')
local markedRun, quarantinedUntil = marker[1], tonumber(marker[2] or nil)
local markedLongest, markedHighest = tonumber(marker[3] or 0), tonumber(marker[4] or 0)
local markedFloor = tonumber(marker[5] or 0)

if mode == 'found' and not markedRun then
  redis.call('HSET', key, 'fleet', fleet, 'run', run, 'longest', longest, 'highest', floor, 'floor', floor)
end

if mode == 'quarantine' and markedRun ~= run then
  -- Data that survived a restart keeps its own record of tokens and times, regardless of the fleet's.
  longest = math.max(longest, markedLongest)
  floor = math.max(floor, markedFloor)
  local highest = math.max(floor, markedHighest)
  local stillOut = quarantinedUntil or 0
  redis.call('HSET', key, 'fleet', fleet, 'run', run, 'longest', longest, 'highest', highest, 'floor', floor,
    'until', math.max(now + duration, stillOut))
end

if markedRun and quarantinedUntil then
  if mode == 'lift' or (mode == 'admit' and markedRun == run and now >= quarantinedUntil) then
    redis.call('HDEL', key, 'until')
    redis.call('HSET', key, 'floor', math.max(markedFloor, floor), 'highest', math.max(markedHighest, floor))
  elseif mode == 'shorten' and markedRun == run then
    redis.call('HSET', key, 'until', math.min(quarantinedUntil, now + duration))
  end
end

marker = redis.call('HMGET', key, 'fleet', 'run', 'longest', 'highest', 'until')
-- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
local info = redis.pcall('INFO', 'server')
local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
if not marker[2] then return { echo, now, own } end
local quarantine = marker[5] and math.max(0, math.ceil(tonumber(marker[5]) - now))
return { echo, now, own, marker[1], marker[2], marker[3], marker[4], quarantine }
