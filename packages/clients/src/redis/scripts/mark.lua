-- Writes the marker of a fleet if the condition of the mode holds. A translation of `mark` in marker-state.ts.
--
-- KEYS   the marker; and where one of version 0.1 may stand
-- ARGV   number of the call, mode, fleet, run, stamp, longest TTL, floor, duration of a quarantine or claim; and for a
--        claim, the client and its progress; times in milliseconds
-- reply  see parts/greeting.lua
--
-- The marker is a hash
--   fleet, run, longest, highest, floor   as in stored.ts
--   stamp   what clients that know the marker send with their commands; behind `out:` during a quarantine, so that this
--           one field tells whether the node may vote
--   until   the end of the quarantine, by the clock of the node
--   restorer, progress, claimed   during a quarantine: the client that restores the node, how far it is, and how long
--           that is valid, by the clock of the node

local call = redis.call
local key, former = KEYS[1], KEYS[2]
local mode, fleet, run, stamp = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local longest, floor, duration = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local restorer, progress = ARGV[9], ARGV[10]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- @include former
-- @include greeting

local marker = call('HMGET', key, 'run', 'stamp', 'until', 'longest', 'highest', 'floor', 'restorer',
  'claimed')
local markedRun, markedStamp, quarantinedUntil = marker[1], marker[2], tonumber(marker[3] or nil)
local markedLongest, markedHighest = tonumber(marker[4] or 0), tonumber(marker[5] or 0)
local markedFloor, markedRestorer, claimed = tonumber(marker[6] or 0), marker[7], tonumber(marker[8] or 0)

if mode == 'found' and not markedRun then
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', stamp, 'longest', longest, 'highest', floor, 'floor', floor)
  excludeFormer()
end

if mode == 'quarantine' and markedRun ~= run then
  -- Data that survived a restart keeps its own record of tokens and times, regardless of the fleet's.
  longest = math.max(longest, markedLongest)
  floor = math.max(floor, markedFloor)
  local highest = math.max(floor, markedHighest)
  local stillOut = quarantinedUntil or 0
  call('HDEL', key, 'restorer', 'progress', 'claimed')
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', 'out:' .. stamp, 'longest', longest, 'highest', highest,
    'floor', floor, 'until', math.max(now + duration, stillOut))
  excludeFormer()
end

if markedRun and quarantinedUntil then
  -- Since the node was last emptied, its marker has not been written anew.
  local isSameStay = markedRun == run and markedStamp == 'out:' .. stamp
  local isOver = mode == 'lift' or (mode == 'restored' and isSameStay)
    or (mode == 'admit' and markedRun == run and now >= quarantinedUntil)
  -- A claim that would last longer than a new one is left over from before the clock was set back.
  local isClaimed = markedRestorer ~= restorer and now < claimed and claimed <= now + duration
  if isOver then
    call('HDEL', key, 'until', 'restorer', 'progress', 'claimed')
    call('HSET', key, 'stamp', string.sub(markedStamp, 5), 'floor', math.max(markedFloor, floor),
      'highest', math.max(markedHighest, floor))
  elseif mode == 'shorten' and markedRun == run then
    call('HSET', key, 'until', math.min(quarantinedUntil, now + duration))
  elseif mode == 'claim' and isSameStay and restorer and not isClaimed then
    call('HSET', key, 'restorer', restorer, 'progress', progress, 'claimed', now + duration)
  end
end

return greeting()
