-- The queue of one lock. Uses `now`.

local CLOCK_TOLERANCE = 1000

-- The id, the order and the life of a waiter. If the client's clock is wrong, the node's clock replaces it, minus the
-- time already waited.
local function readWaiter(waiter)
  local at, age, life, id = string.match(waiter, '^(%S+) (%S+) (%S+) (.*)$')
  at, age, life = tonumber(at), tonumber(age), tonumber(life)
  if at < 0 then return id, math.huge, life end
  if math.abs(at + age - now) <= CLOCK_TOLERANCE then return id, at, life end
  return id, now - age, life
end

local function enqueue(queue, id, order, life)
  call('ZADD', queue, order == math.huge and '+inf' or order, '+' .. id, -(now + life), '-' .. id)
  if call('PTTL', queue) < life then call('PEXPIRE', queue, math.ceil(life)) end
end

local function leave(queue, id)
  call('ZREM', queue, '+' .. id, '-' .. id)
end

local function dropDead(queue)
  for _, member in ipairs(call('ZRANGEBYSCORE', queue, '(' .. -now, '(0')) do
    call('ZREM', queue, member, '+' .. string.sub(member, 2))
  end
end

-- The first live place: its id, order and deadline, or nothing.
local function firstPlaceOf(queue)
  for attempt = 1, 2 do
    local first = call('ZRANGEBYSCORE', queue, '0', '+inf', 'WITHSCORES', 'LIMIT', '0', '1')
    if not first[1] then return end
    local id = string.sub(first[1], 2)
    local deadline = -tonumber(call('ZSCORE', queue, '-' .. id) or 0)
    if now <= deadline then return id, tonumber(first[2]), deadline end
    if attempt == 1 then dropDead(queue) end
  end
end

-- Milliseconds until the waiter ahead of this one (without one: the first) has expired; -1 if there is none.
local function msUntilTurn(queue, id, order)
  local first, at, deadline = firstPlaceOf(queue)
  if not first or at == math.huge or first == id then return -1 end
  local isBehind = not id or at < order or (at == order and first < id)
  return isBehind and deadline - now or -1
end
