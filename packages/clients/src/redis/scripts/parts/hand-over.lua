-- What happens to a lock that became free while others wait. Uses `longest`, a TTL that the marker has
-- surely recorded, and `mark`, the stamp of the marker.

-- Maximum number of places without a listener that one release skips. Those behind them expire on their own.
local MAX_SKIPPED = 100

-- Only a hint, so a missing permission must not fail a release. False if the channel has no subscriber.
local function wake(id)
  return pcalled('PUBLISH', string.match(id, '^(.*)#') or string.sub(id, 1, -2), id) ~= 0
end

-- The channel and the longest offer of a waiter whose client listens for hand-overs.
local function listens(id)
  return string.match(id, '^(.*)#[%d.]+@(%d+)')
end

-- The next waiter does not need to ask again. It gets the lock before any other client can, for as long as its place would
-- have lasted. Returns nothing if it must be woken instead. If its channel has no subscriber, the lock becomes free.
local function handOver(lock, queue, id, deadline)
  local channel, longestOffer = listens(id)
  if not channel then return end
  local remaining = math.min(tonumber(longestOffer), deadline - now)
  if remaining < 1 then return end
  -- Before the lock is given away, because a fleet that loses data must wait for its end.
  if remaining > longest then
    record('longest', remaining)
    longest = remaining
  end
  if pcalled('SET', lock, id, 'PX', remaining).err then return end
  local listeners = pcalled('PUBLISH', channel, id .. ' ' .. remaining .. ' ' .. deadline .. ' ' .. mark)
  if type(listeners) == 'table' or listeners == 0 then
    call('DEL', lock)
    return listeners == 0 and 'unheard' or 'untold'
  end
  leave(queue, id)
  return 'handed'
end

-- A free lock goes to the first waiter whose channel has a subscriber. The process of a skipped waiter is dead or
-- unreachable, so the next one does not wait until that place expires; a live one takes its place again with its next
-- attempt. Returns the id of the waiter that has been handed the lock, if any.
local function serveNext(lock, queue, except, mayHandOver)
  for _ = 1, MAX_SKIPPED do
    local id, at, deadline = firstPlaceOf(queue)
    if not id or id == except then return end
    if at == math.huge then
      dropDead(queue)
      for _, member in ipairs(call('ZRANGEBYSCORE', queue, '+inf', '+inf')) do wake(string.sub(member, 2)) end
      return
    end
    local outcome = mayHandOver and handOver(lock, queue, id, deadline)
    if outcome == 'handed' then return id end
    -- A waiter that does not listen polls, and must not be skipped forever.
    if outcome == 'untold' or (not outcome and (wake(id) or not mayHandOver or not listens(id))) then return end
    leave(queue, id)
  end
end
