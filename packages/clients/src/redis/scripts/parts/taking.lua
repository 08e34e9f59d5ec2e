-- Commands that take locks or keep them.

local function acquire(value, token)
  if not hasToken then token = nil end
  if not mayVote then return barred() end
  -- Common case: a single key, which is free, and nobody waits.
  if n == 1 and not queued and not (token and staleAt(token)) and tryToTake(keys[lock], value) then
    return granted(token)
  end

  readHolders()
  local owned, held, remaining = 0, false, -1
  for i = lock, lock + n - 1 do
    local holder = holders[keys[i]]
    if holder == value then
      owned = owned + 1
    elseif holder then
      local expiry = call('PTTL', keys[i])
      held = true
      -- -1: it never expires.
      remaining = math.max(remaining, expiry == -1 and math.huge or expiry)
    end
  end
  -- The lock was handed over in the meantime, or a connection has sent the same command twice.
  if owned == n then
    take(value)
    if waits then leaveAll((readOwnWaiter(value))) end
    return
  end
  if held then
    if waits then enqueueAll(value) end
    return remaining == math.huge and HELD or during(HELD, remaining)
  end

  local ahead = queued and (waits or respects) and msUntilTurnOfAll(value) or -1
  if ahead >= 0 then
    if waits then enqueueAll(value) end
    return during(QUEUED, ahead)
  end
  local stale = token and staleAt(token)
  if stale then return stale end
  take(value, token)
  if waits then leaveAll((readOwnWaiter(value))) end
end

local function extend(value)
  -- What a node that lost its data has may be a copy, or older than what it forgot.
  if not mayVote then return barred() end
  if wasResumed(value) then return TAKEN end
  local reason = missing(value)
  if reason then return reason end
  -- Never SET, because extensions must work on a node that is out of memory.
  for i = lock, lock + n - 1 do call('PEXPIRE', keys[i], ttl) end
  if bearer and bearer > 0 then
    local borne = string.format('%d %s', bearer, value)
    for i = counter, counter + n - 1 do
      -- Without memory for it, the extension still counts.
      pcalled('SET', keys[i], borne, 'PX', ttl)
      counted[keys[i]] = borne
    end
  end
  granted()
end

local function repair(value, token)
  if not mayVote then return barred() end
  if missing(value) == TAKEN then return TAKEN end
  local stale = hasToken and staleAt(token, true)
  if stale then return stale end
  take(value, hasToken and token)
end
