-- The waiter of the current command, in all of its queues.

local waiters

-- Its id, order and life; `value` replaces an omitted id.
local function readOwnWaiter(value)
  waiters = waiters or cjson.decode(ARGV[5])
  local id, order, life = readWaiter(waiters[waiter])
  return id == '' and value or id, order, life
end

local function enqueueAll(value)
  local id, order, life = readOwnWaiter(value)
  for i = queue, queue + n - 1 do enqueue(keys[i], id, order, life) end
  queued = true
end

local function leaveAll(id)
  if not queued then return end
  for i = queue, queue + n - 1 do leave(keys[i], id) end
end

-- Milliseconds until the waiters ahead have expired; -1 if there are none.
local function msUntilTurnOfAll(value)
  local id, order
  if waits then id, order = readOwnWaiter(value) end
  local left = -1
  for i = queue, queue + n - 1 do left = math.max(left, msUntilTurn(keys[i], id, order)) end
  return left
end

local function serveNextOfEach(except, mayHandOver)
  for i = 0, n - 1 do
    local key = keys[lock + i]
    if not holders[key] then holders[key] = serveNext(key, keys[queue + i], except, mayHandOver) or false end
  end
end
