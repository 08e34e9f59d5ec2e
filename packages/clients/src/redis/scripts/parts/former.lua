-- Version 0.1 kept its marker under another key, `former`, and knows nothing of stamps: its clients would take this marker
-- for one of a new fleet. So its marker is taken over, and replaced by a key of another type that stops them with an error.
-- Its only member is for people.

local NOTICE = 'quorumlock 0.2 or newer uses this fleet, and 0.1 cannot share it: replace every process that still uses 0.1'

local function excludeFormer()
  if not former then return end
  call('DEL', former)
  call('ZADD', former, 0, NOTICE)
end

local function takeOver()
  local marker = redis.pcall('HMGET', former, 'fleet', 'run', 'longest', 'highest', 'floor', 'until')
  -- No marker of that version, or the notice.
  if marker.err or not marker[2] then return end
  local fleet, run, longest, highest, floor, quarantinedUntil = unpack(marker)
  local stamp = run .. '-' .. time[1] .. time[2]
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', quarantinedUntil and 'out:' .. stamp or stamp,
    'longest', longest or 0, 'highest', highest or 0, 'floor', floor or 0)
  if quarantinedUntil then call('HSET', key, 'until', quarantinedUntil) end
  excludeFormer()
end
