-- What list, restore and tidy have in common. Uses `marker` and `stamp`.

local call = redis.call

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local mark = call('HMGET', marker, 'stamp')[1]

-- The first `count` of the keys. A key of another type looks free.
local function readAll(keys, count)
  return count > 0 and call('MGET', unpack(keys, 1, count)) or {}
end

-- Milliseconds since `now`, because most servers read their clock again for each expiry.
local function elapsed()
  local moment = call('TIME')
  return moment[1] * 1000 + math.floor(moment[2] / 1000) - now
end
