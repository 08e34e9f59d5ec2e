-- Commands that give locks back or look at them.

-- Common case: consecutive releases, of one key each, for which nobody waits. All keys are deleted together.
local freed, freedBy, freedCount = {}, {}, 0

local function deleteFreed()
  if freedCount == 0 then return end
  local deleted = pcalled('DEL', unpack(freed, 1, freedCount))
  if type(deleted) == 'table' then
    attempted = 'DEL'
    for i = 1, freedCount do say(freedBy[i], explained(deleted)) end
  end
  freedCount = 0
end

local function release(value)
  readHolders()
  local key = keys[lock]
  if n == 1 and not queued and not bearer and not waits and holders[key] == value then
    freedCount = freedCount + 1
    freed[freedCount], freedBy[freedCount], holders[key] = key, number, false
    return
  end

  deleteFreed()
  if wasResumed(value) then return TAKEN end
  local released = 0
  for i = lock, lock + n - 1 do
    key = keys[i]
    if holders[key] == value then
      call('DEL', key)
      holders[key] = false
      released = released + 1
    elseif not holders[key] then
      assertFree(key)
    end
  end
  leaveAll(value)
  -- Without memory for a place, the release still counts.
  if waits then pcall(enqueueAll) end
  if queued then serveNextOfEach(released > 0 and waits and readOwnWaiter(), mark == stamp) end
  if released < n then return GONE end
end

local function force()
  readHolders()
  local deleted = 0
  for i = lock, lock + n - 1 do
    local key = keys[i]
    if holders[key] then
      call('DEL', key)
      holders[key] = false
      deleted = deleted + 1
    else
      assertFree(key)
    end
  end
  if queued then serveNextOfEach() end
  if deleted == 0 then return GONE end
end

local function inspect()
  readHolders()
  readCounters()
  local sightings, held = {}, false
  for i = 0, n - 1 do
    local key = keys[lock + i]
    local holder = holders[key]
    local sighting = { holder, -1, counted[keys[counter + i]] or '0' }
    if holder then
      held = true
      sighting[2] = call('PTTL', key)
    else
      assertFree(key)
    end
    if queued then
      dropDead(keys[queue + i])
      for _, member in ipairs(call('ZRANGEBYSCORE', keys[queue + i], 0, '(+inf')) do
        sighting[#sighting + 1] = string.sub(member, 2)
      end
    end
    sightings[i + 1] = sighting
  end
  if waits and held then enqueueAll() end
  return sightings
end
