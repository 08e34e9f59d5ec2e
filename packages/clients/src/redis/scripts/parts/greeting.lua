-- What a node says of itself. Uses `key` (of the marker, or nothing) and `time`.
--
-- reply  heading as in batch.lua, identity of the server process; and if anything is marked or planted, each of these or
--        false: stamp, fleet, run, longest TTL, highest token, `new` until the node is opened, remaining quarantine in
--        milliseconds, seats, whether it forgot, what is planted and its seat; and if a client restores the node, its name
--        and its progress

local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  -- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end

  local marker = call('HMGET', key, 'stamp', 'fleet', 'run', 'longest', 'highest', 'until', 'seats', 'forgot', 'planted',
    'seat', 'claimed', 'restorer', 'progress')
  local stamp, fleet, run, longest, highest, quarantinedUntil, seats, forgot, planted, seat = unpack(marker)
  if planted then return { heading, own, false, false, false, false, false, false, false, false, false, planted, seat } end
  if not run then return { heading, own } end
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local isNew, left = string.sub(stamp, 1, 4) == 'new:', false
  if quarantinedUntil then left = math.max(0, quarantinedUntil - now) end
  if isNew or left then stamp = string.sub(stamp, 5) end
  local said = { heading, own, stamp, fleet, run, longest, highest, isNew and 'new', left, seats or '', forgot, false, false }
  local claimed = marker[11]
  if left and claimed and now < tonumber(claimed) then said[14], said[15] = marker[12], marker[13] end
  return said
end
