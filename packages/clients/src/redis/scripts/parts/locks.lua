-- The locks, counters and queues of the current command.

-- Redis 6.2 and 7.0 do not name the command that a user may not run.
local function explained(failure)
  local err = type(failure) == 'table' and failure.err or tostring(failure)
  if string.find(err, 'The user executing the script can', 1, true) then return err .. ': ' .. attempted end
  return err
end

-- What the lock keys hold, and what the counters do. All are read together when a command first needs one, and kept up to
-- date from then on. A key of another type looks free; the first command that relies on it being free gets the error.
local holders, counted

local function read(first, last)
  local found = {}
  if last < first then return found end
  for i, value in ipairs(call('MGET', unpack(keys, first, last))) do found[keys[first + i - 1]] = value end
  return found
end

local function readHolders()
  holders = holders or read(1, lockCount)
end

local function readCounters()
  counted = counted or read(lockCount + 1, firstQueue - 1)
end

local function assertFree(key)
  call('GET', key)
end

-- Lock keys taken by the current command, for the case that it fails halfway.
local taken, takenCount = {}, 0

local function tryToTake(key, value)
  if not call('SET', key, value, 'PX', ttl, 'NX') then return false end
  takenCount = takenCount + 1
  taken[takenCount] = key
  if holders then holders[key] = value end
  return true
end

local function takeBack()
  for i = 1, takenCount do
    call('DEL', taken[i])
    if holders then holders[taken[i]] = false end
  end
  takenCount = 0
end

-- All lock keys are taken; what belongs to that follows.
local function granted(token)
  if token then
    for i = counter, counter + n - 1 do
      call('SET', keys[i], token, 'PX', counterLife)
      counted[keys[i]] = token
    end
    highest = math.max(highest, tonumber(token))
  end
  takenCount = 0
  if ttlNumber > longest then longest = ttlNumber end
end

local function take(value, token)
  for i = lock, lock + n - 1 do
    local key = keys[i]
    if holders[key] == value then
      call('SET', key, value, 'PX', ttl)
    elseif not tryToTake(key, value) then
      assertFree(key)
      error('ERR a key that is free cannot be set')
    end
  end
  granted(token)
end

-- The counter that bars the token, if there is one. A repair may find its own token.
local floor
local function staleAt(token, mayBeOwn)
  readCounters()
  floor = floor or marker and tonumber(call('HMGET', marker, 'floor')[1] or 0) or 0
  local found = floor
  for i = counter, counter + n - 1 do
    local own = counted[keys[i]]
    if own then found = math.max(found, tonumber(own)) end
  end
  local proposed = tonumber(token)
  if found > proposed or (found == proposed and not mayBeOwn) then return { string.format('%.0f', found) } end
end

-- The reason why the value is not on all keys; nothing if it is.
local function missing(value)
  readHolders()
  local reason
  for i = lock, lock + n - 1 do
    local key = keys[i]
    local holder = holders[key]
    if not holder then
      assertFree(key)
      reason = GONE
    elseif holder ~= value then
      return TAKEN
    end
  end
  return reason
end

-- Whether another process has resumed the lock, so that this bearer may no longer extend or release it.
local function wasResumed(value)
  if not bearer then return false end
  readCounters()
  for i = counter, counter + n - 1 do
    local latest, of = string.match(counted[keys[i]] or '', '^(%d+) (.*)$')
    if of == value and tonumber(latest) > bearer then return true end
  end
end

-- After a loss of data, the fleet would not wait for the end of a grant that the marker does not record. Clients do not
-- treat the error `MARKER` as proof that nothing was written.
local function noteInMarker()
  if not mark or (longest <= known and highest == 0) then return end
  local done, failure = pcall(function()
    if longest > known then record('longest', longest) end
    if highest > 0 then record('highest', highest) end
  end)
  if not done then return redis.error_reply('MARKER ' .. explained(failure)) end
end
