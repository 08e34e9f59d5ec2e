-- Uses `marker`, `stamp`, `mark` (the stamp that the marker has, if it exists) and `now`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node that casts no vote at all, whatever stamp the client knows: in quarantine, or not opened yet.
-- Nothing from another node.
local function silenced()
  local state = mark and string.sub(mark, 1, 4)
  if state == 'out:' then return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now) end
  if state == 'new:' then return UNMARKED end
end

-- The refusal of a node that may not vote.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return silenced()
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
