-- Uses `marker`, `stamp`, `mark` (the stamp that the marker has, if it exists) and `now`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node in quarantine, whatever stamp the client knows; nothing from another node.
local function quarantine()
  if mark and string.sub(mark, 1, 4) == 'out:' then
    return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
  end
end

-- The refusal of a node that may not vote.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return quarantine()
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
