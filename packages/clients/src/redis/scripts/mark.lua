-- Writes the marker of a fleet if the condition of the mode holds. A translation of `mark` in marker-state.ts.
--
-- KEYS   the marker; and where one of version 0.1 may stand
-- ARGV   number of the call, mode, fleet, run, stamp, longest TTL, floor, duration of what is planted, a quarantine or a
--        claim; seat, seats, replaced seats or stamp, next stamp or nothing; and for a claim, the client and its progress;
--        times in milliseconds
-- reply  see parts/greeting.lua
--
-- The marker is a hash
--   fleet, run, longest, highest, floor, seats   as in stored.ts
--   stamp   what clients that know the marker send with their commands; behind `new:` until the node is opened, and behind
--           `out:` during a quarantine, so that this one field tells whether the node may vote
--   forgot  during a quarantine of a node that was emptied
--   until   the end of the quarantine, by the clock of the node
--   restorer, progress, claimed   during a quarantine: the client that restores the node, how far it is, and how long
--           that is valid, by the clock of the node
-- or, for a while on a node without a marker
--   planted, seat   as in stored.ts

local call = redis.call
local key, former = KEYS[1], KEYS[2]
local mode, fleet, run, stamp = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local longest, floor, duration = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local seat, seats, replaced, nextStamp = ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local restorer, progress = ARGV[13], ARGV[14]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- @include former
-- @include greeting

local marker = call('HMGET', key, 'run', 'stamp', 'until', 'longest', 'highest', 'floor', 'restorer',
  'claimed', 'seats', 'forgot', 'planted')
local markedRun, markedStamp, quarantinedUntil = marker[1], marker[2] or '', tonumber(marker[3] or nil)
local markedLongest, markedHighest = tonumber(marker[4] or 0), tonumber(marker[5] or 0)
local markedFloor, markedRestorer, claimed = tonumber(marker[6] or 0), marker[7], tonumber(marker[8] or 0)
local markedSeats, forgot, planted = marker[9] or '', marker[10], marker[11]
local state = string.match(markedStamp, '^%l%l%l:') or ''
local isNew = state == 'new:'

-- Data that survived keeps its own record of tokens and times, regardless of the fleet's. What was planted goes, with the
-- time that it had to live.
local function write(state)
  longest, floor = math.max(longest, markedLongest), math.max(floor, markedFloor)
  if planted then call('DEL', key) end
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', state .. stamp, 'longest', longest,
    'highest', math.max(floor, markedHighest), 'floor', floor, 'seats', seats)
  excludeFormer()
end

if mode == 'plant' and not markedRun and not planted then
  call('HSET', key, 'planted', stamp, 'seat', seat)
  call('PEXPIRE', key, duration)
elseif mode == 'found' and not markedRun and planted == stamp then
  write('new:')
elseif mode == 'found' and markedStamp == 'new:' .. stamp and markedSeats == replaced then
  write('new:')
elseif mode == 'open' and markedStamp == 'new:' .. stamp and markedSeats == replaced then
  call('HSET', key, 'fleet', fleet, 'stamp', stamp, 'seats', seats)
elseif mode == 'seats' and nextStamp ~= '' and not isNew and markedStamp == state .. stamp
  and markedSeats == replaced then
  call('HSET', key, 'stamp', state .. nextStamp, 'seats', seats)
elseif mode == 'quarantine' and (markedRun ~= run or (isNew and markedSeats ~= seats)
  or (not isNew and markedStamp == state .. replaced)) then
  call('HDEL', key, 'restorer', 'progress', 'claimed')
  write('out:')
  call('HSET', key, 'until', math.max(now + duration, quarantinedUntil or 0))
  if not markedRun or isNew or markedStamp == state .. replaced then call('HSET', key, 'forgot', 1) end
elseif markedRun and quarantinedUntil then
  -- Since the node was last emptied, its marker has not been written anew.
  local isSameStay = markedRun == run and markedStamp == 'out:' .. stamp
  local isOver = mode == 'lift' or (mode == 'restored' and isSameStay)
    or (mode == 'admit' and markedRun == run and now >= quarantinedUntil)
  if nextStamp ~= '' and markedStamp ~= 'out:' .. stamp then isOver = false end
  -- A claim that would last longer than a new one is left over from before the clock was set back.
  local isClaimed = markedRestorer ~= restorer and now < claimed and claimed <= now + duration
  if isOver then
    call('HDEL', key, 'until', 'forgot', 'restorer', 'progress', 'claimed')
    if nextStamp == '' then nextStamp, seats = string.sub(markedStamp, 5), markedSeats end
    call('HSET', key, 'stamp', nextStamp, 'seats', seats, 'floor', math.max(markedFloor, floor),
      'highest', math.max(markedHighest, floor), 'longest', math.max(markedLongest, longest))
  elseif mode == 'shorten' and markedRun == run then
    call('HSET', key, 'until', math.min(quarantinedUntil, now + duration))
  elseif mode == 'claim' and isSameStay and restorer and not isClaimed then
    call('HSET', key, 'restorer', restorer, 'progress', progress, 'claimed', now + duration)
  end
end

return greeting()
