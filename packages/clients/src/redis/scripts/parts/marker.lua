-- Uses `marker`, `stamp`, `mark` (the stamp that the marker has, if it exists) and `now`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node that may not vote for this client.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
