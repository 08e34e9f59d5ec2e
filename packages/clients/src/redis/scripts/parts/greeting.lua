-- What a node says of itself. Uses `key` (of the marker, or nothing) and `time`.
--
-- reply  heading as in batch.lua, identity of the server process, and if there is a marker: fleet, run, stamp, longest TTL,
--        highest token, remaining quarantine in milliseconds or false; and if a client restores the node, its name and
--        its progress

local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  -- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end

  local marker = call('HMGET', key, 'fleet', 'run', 'stamp', 'longest', 'highest', 'until', 'claimed', 'restorer',
    'progress')
  local fleet, run, stamp, longest, highest, quarantinedUntil, claimed, restorer, progress = unpack(marker)
  if not run then return { heading, own } end
  if not quarantinedUntil then return { heading, own, fleet, run, stamp, longest, highest, false } end
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local left = math.max(0, quarantinedUntil - now)
  local said = { heading, own, fleet, run, string.sub(stamp, 5), longest, highest, left }
  if claimed and now < tonumber(claimed) then said[9], said[10] = restorer, progress end
  return said
end
