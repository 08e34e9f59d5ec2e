-- Executes a batch of lock commands in order. A translation of `execute` in @quorumlock/core's node-state.ts.
--
-- KEYS   the lock keys of all commands in order, then their fence counters (for a command with a bearer: the bearer keys),
--        then their queues (each command lists only the companions that it uses), and last the marker if it is checked
-- ARGV   for several commands
--        1: JSON, flat: number of lock keys, number of fence counters, run of the marker or false, and for each
--        command `kind + 8 * flags + 64 * keys` and its fields:
--          1 acquire  value ttl [token counter-life]    flags: 1 respect, 2 waiter, 4 fence
--          2 extend   value ttl [bearer]                flags: 1 bearer
--          3 repair   value ttl [token counter-life]    flags: 4 fence
--          4 release  value [bearer]                    flags: 1 requeue, 2 bearer
--          5 force
--          6 inspect                                    flags: 1 watch
--        2: JSON, only if there are any: the waiters (flags waiter, requeue, watch) in order, each a string
--           `at age life id`, which is parsed only if the waiter must wait; `at` is -1 for one that only watches; an acquire
--           whose value is the id omits the id
--        for one command
--        the same as plain arguments, without JSON: numbers of keys, run or `-`, command, fields, waiter
--        always last
--        the number of the call; all times are in milliseconds
-- reply  the number of the call; the node's clock in milliseconds, or 0 if it was not read; and then, for each command
--        that was not simply granted, its number and
--          a number    refused: `reason + 8 * (remaining + 1)`, without the second part if that is unknown
--          a string    the error of this command, which has left nothing behind
--          an array    for an acquire or repair: the counter that bars it; for an inspect: one array per key
--
-- Keys
--   lock    string, the value of its holder
--   fence   string, the highest token granted
--   bearer  string, `number value`: which process has resumed the lock that has this value
--   queue   sorted set, two members for each waiter: `+id` scored by its order, `-id` by the negative of its deadline.
--           So places sort from 0 upwards, and deadlines below 0.
--   marker  hash: fleet, run, longest, highest, floor, until

local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
-- The kinds of commands with a fast path, and the whole opcodes of these commands on one key: `kind + 8 * flags + 64`.
local ACQUIRE, RELEASE = 1, 4
local EXTEND_ONE, RELEASE_ONE, ACQUIRE_ONE_WAITING = 66, 68, 81
local CLOCK_TOLERANCE = 1000
-- Maximum number of places without a listener that one release skips. Those behind them expire on their own.
local MAX_SKIPPED = 100

local call, pcalled = redis.call, redis.pcall
local keys, argv = KEYS, ARGV
local echo = tonumber(argv[#argv])
local single = argv[4] and argv[3]
local job, last
if single then
  job, last = argv, 4
  job[1], job[2], job[4] = tonumber(job[1]), tonumber(job[2]), tonumber(job[4])
  if single == '-' then job[3] = false end
else
  job = cjson.decode(argv[1])
  last = #job
end
local lockCount, fenceCount, run = job[1], job[2], job[3]

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local firstQueue, lastQueue = lockCount + fenceCount + 1, #keys
if run then lastQueue = lastQueue - 1 end

-- Common case: no waiters on any key.
local queues = lastQueue >= firstQueue and call('EXISTS', unpack(keys, firstQueue, lastQueue)) > 0

-- Fast path for one release: no clock, no loop.
if single and job[4] == RELEASE_ONE and not queues and pcalled('GET', keys[1]) == job[5] and pcalled('DEL', keys[1]) == 1 then
  return { echo, 0 }
end

local markerKey, marked, quarantinedUntil
local longest, highest, floor = 0, 0, 0
if run then
  markerKey = keys[#keys]
  local marker
  if fenceCount > 0 then
    marker = call('HMGET', markerKey, 'run', 'until', 'longest', 'highest', 'floor')
    highest, floor = tonumber(marker[4] or 0), tonumber(marker[5] or 0)
  else
    marker = call('HMGET', markerKey, 'run', 'until', 'longest')
  end
  marked, quarantinedUntil, longest = marker[1], tonumber(marker[2] or nil), tonumber(marker[3] or 0)
end
local longestBefore, highestBefore = longest, highest

-- Redis 6.2 and 7.0 do not name the command that a user may not run.
local function explained(err, command)
  if string.find(err, 'The user executing the script can', 1, true) then return err .. ': ' .. command end
  return err
end

local function noteInMarker()
  if not marked or (longest == longestBefore and highest == highestBefore) then return end
  -- After a loss of data, the fleet would not wait for the end of a grant that the marker does not record. Clients do
  -- not treat the error `MARKER` as proof that nothing was written.
  local written
  if fenceCount > 0 then
    written = pcalled('HSET', markerKey, 'longest', longest, 'highest', highest)
  else
    written = pcalled('HSET', markerKey, 'longest', longest)
  end
  if type(written) == 'table' and written.err then
    return redis.error_reply('MARKER ' .. explained(written.err, 'HSET'))
  end
end

local mayVote = not run or (marked == run and not quarantinedUntil)

local now = clock()
local reply = { echo, now }
-- The positions of the current command's fields, keys and waiter.
local p, lock, fence, queue, waiter = 4, 1, lockCount + 1, firstQueue, 1
local number = 0

-- ── the usual case ──────────────────────────────────────────────────────────────────────────────────────────────────
-- Free keys are taken, or released or extended by their owner, and there are no waiters. Anything else, including an
-- error, is left unchanged, and the general part below continues from there.

if not queues and mayVote then
  -- Common case: tokens arrive in rising order. For one that does not, the counter may have changed since it was read.
  local longestText, highestHere = nil, 0
  local counters = fenceCount > 0 and pcalled('MGET', unpack(keys, fence, queue - 1))
  while p <= last do
    local opcode = job[p]
    if opcode == RELEASE_ONE then
      -- Consecutive releases are done together.
      local count = 1
      while job[p + 2 * count] == RELEASE_ONE do count = count + 1 end
      local got = pcalled('MGET', unpack(keys, lock, lock + count - 1))
      if got.err then break end
      local owned = 0
      while owned < count and got[owned + 1] == job[p + 2 * owned + 1] do owned = owned + 1 end
      local deleted = owned > 0 and pcalled('DEL', unpack(keys, lock, lock + owned - 1)) or 0
      if type(deleted) == 'table' then break end
      if deleted < owned then
        -- The same release twice: the second finds no key.
        local seen = {}
        for i = 0, owned - 1 do
          local key = keys[lock + i]
          if seen[key] then reply[#reply + 1], reply[#reply + 2] = number + i + 1, GONE end
          seen[key] = true
        end
      end
      p, lock, queue, number = p + 2 * owned, lock + owned, queue + owned, number + owned
      if owned < count then break end
    elseif opcode % 64 == RELEASE then
      local n = math.floor(opcode / 64)
      local got = pcalled('MGET', unpack(keys, lock, lock + n - 1))
      if got.err then break end
      local owned = 0
      while owned < n and got[owned + 1] == job[p + 1] do owned = owned + 1 end
      if owned < n then break end
      if type(pcalled('DEL', unpack(keys, lock, lock + n - 1))) == 'table' then break end
      p, lock, queue, number = p + 2, lock + n, queue + n, number + 1
    elseif opcode % 8 == ACQUIRE then
      local n, flags = math.floor(opcode / 64), math.floor(opcode / 8) % 8
      local value, ttl = job[p + 1], job[p + 2]
      local token, counterLife
      if flags >= 4 then
        token, counterLife = job[p + 3], job[p + 4]
        local bar = tonumber(token)
        local first = fence - lockCount
        for i = first, first + n - 1 do
          if tonumber(counters[i] or 0) >= bar then token = false end
        end
        if not token or floor >= bar or highestHere >= bar or counters.err then break end
        highestHere = bar
      end
      local set = 0
      while set < n do
        local done = pcalled('SET', keys[lock + set], value, 'PX', ttl, 'NX')
        if not done or done.err then break end
        set = set + 1
      end
      local counted = token and set == n and 0 or n
      while counted < n and not pcalled('SET', keys[fence + counted], token, 'PX', counterLife).err do
        counted = counted + 1
      end
      if set < n or counted < n then
        if set > 0 then call('DEL', unpack(keys, lock, lock + set - 1)) end
        break
      end
      if run and ttl ~= longestText then
        longestText = ttl
        longest = math.max(longest, tonumber(ttl))
      end
      p, lock, number = p + (token and 5 or 3), lock + n, number + 1
      if token then
        fence, flags = fence + n, flags - 4
        if highestHere > highest then highest = highestHere end
      end
      if flags > 0 then queue = queue + n end
      if flags == 2 then waiter = waiter + 1 end
    elseif opcode == EXTEND_ONE then
      if pcalled('GET', keys[lock]) ~= job[p + 1] then break end
      local ttl = job[p + 2]
      if pcalled('PEXPIRE', keys[lock], ttl) ~= 1 then break end
      longest = math.max(longest, tonumber(ttl))
      p, lock, number = p + 3, lock + 1, number + 1
    else
      break
    end
  end
  if p > last then return noteInMarker() or reply end
end

-- ── the hand-over ───────────────────────────────────────────────────────────────────────────────────────────────────
-- Fast path for one contended lock: its release, the attempt of the waiter that it wakes, and the place that a waiter
-- takes or keeps. Again only the common case; nothing has been changed if the general part must continue.

-- Remembers the command for error messages. Calls in the section above do without, since it leaves errors to those below.
local attempted
local function call(name, ...)
  attempted = name
  return redis.call(name, ...)
end

local function dropDead(key)
  for _, member in ipairs(call('ZRANGEBYSCORE', key, '(' .. -now, '(0')) do
    call('ZREM', key, member, '+' .. string.sub(member, 2))
  end
end

-- The first live place: its id, order and deadline, or nothing.
local function firstPlaceOf(key)
  for attempt = 1, 2 do
    local first = call('ZRANGEBYSCORE', key, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if not first[1] then return end
    local id = string.sub(first[1], 2)
    local deadline = -tonumber(call('ZSCORE', key, '-' .. id) or 0)
    if now <= deadline then return id, tonumber(first[2]), deadline end
    if attempt == 1 then dropDead(key) else return end
  end
end

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
-- `former`, if given, is a place to remove together with it.
local function handOver(lockKey, queueKey, id, deadline, former)
  if not marked or not mayVote then return end
  local channel, longestOffer = listens(id)
  if not channel then return end
  local remaining = math.min(tonumber(longestOffer), deadline - now)
  if remaining < 1 or pcalled('SET', lockKey, id, 'PX', remaining).err then return end
  local listeners = pcalled('PUBLISH', channel, id .. ' ' .. remaining .. ' ' .. deadline)
  if type(listeners) == 'table' or listeners == 0 then
    call('DEL', lockKey)
    if former then call('ZREM', queueKey, '+' .. former, '-' .. former) end
    return listeners == 0 and 'unheard' or 'untold'
  end
  former = former or id
  call('ZREM', queueKey, '+' .. id, '-' .. id, '+' .. former, '-' .. former)
  if remaining > longest then longest = remaining end
  return 'handed'
end

-- A free lock goes to the first waiter whose channel has a subscriber. The process of a skipped waiter is dead or
-- unreachable, so the next one does not wait until that place expires; a live one takes its place again with its next
-- attempt. Returns the id of the waiter that has been handed the lock, if any.
local function serveNext(lockKey, queueKey, except, mayHandOver)
  mayHandOver = mayHandOver and marked and mayVote
  for _ = 1, MAX_SKIPPED do
    local id, at, deadline = firstPlaceOf(queueKey)
    if not id or id == except then return end
    if at == math.huge then
      dropDead(queueKey)
      for _, member in ipairs(call('ZRANGEBYSCORE', queueKey, '+inf', '+inf')) do wake(string.sub(member, 2)) end
      return
    end
    local outcome = mayHandOver and handOver(lockKey, queueKey, id, deadline)
    if outcome == 'handed' then return id end
    -- A waiter that does not listen polls, and must not be skipped forever.
    if outcome == 'untold' or (not outcome and (wake(id) or not mayHandOver or not listens(id))) then return end
    call('ZREM', queueKey, '+' .. id, '-' .. id)
  end
end

if single and queues and lockCount == 1 and fenceCount == 0 then
  local lockKey, queueKey, opcode, value = keys[1], keys[2], job[4], job[5]
  local holder = pcalled('GET', lockKey)
  if opcode == RELEASE_ONE and holder == value then
    local first = call('ZRANGEBYSCORE', queueKey, '0', '(+inf', 'LIMIT', '0', '1')[1]
    local id = first and string.sub(first, 2)
    local deadline = id and id ~= value and -tonumber(call('ZSCORE', queueKey, '-' .. id) or 0)
    if deadline and now <= deadline then
      local outcome = handOver(lockKey, queueKey, id, deadline, value)
      if outcome == 'unheard' then
        call('ZREM', queueKey, first, '-' .. id)
        serveNext(lockKey, queueKey, nil, true)
      elseif not outcome and pcalled('DEL', lockKey) == 1 then
        call('ZREM', queueKey, '+' .. value, '-' .. value)
        serveNext(lockKey, queueKey, nil, true)
        outcome = 'freed'
      end
      if outcome then return noteInMarker() or reply end
    end
  elseif opcode == ACQUIRE_ONE_WAITING and mayVote and (not run or tonumber(job[6]) <= longest) then
    local at, age, life, id = string.match(job[7], '^(%d+) (%d+) (%d+) (.*)$')
    if id == '' then id = value end
    if not holder then
      local first = id and call('ZRANGEBYSCORE', queueKey, '0', '(+inf', 'LIMIT', '0', '1')[1]
      local deadline = first and first == '+' .. id and call('ZSCORE', queueKey, '-' .. id)
      if deadline and now <= -tonumber(deadline) then
        local done = pcalled('SET', lockKey, value, 'PX', job[6], 'NX')
        if done and not done.err then
          call('ZREM', queueKey, first, '-' .. id)
          return reply
        end
      end
    elseif type(holder) == 'string' and holder ~= value and id and math.abs(at + age - now) <= CLOCK_TOLERANCE then
      local left = call('PTTL', lockKey)
      local deadline = string.format('-%.0f', now + life)
      local added = left >= 0 and pcalled('ZADD', queueKey, at, '+' .. id, deadline, '-' .. id)
      if type(added) == 'number' then
        if call('PTTL', queueKey) < tonumber(life) then call('PEXPIRE', queueKey, life) end
        return { echo, now, 1, HELD + 8 * (left + 1) }
      end
    end
  end
end

-- ── the general case ────────────────────────────────────────────────────────────────────────────────────────────────

local waiters = single and { argv[#argv - 1] } or argv[3] and cjson.decode(argv[2])

-- All locks and counters are read together, and kept up to date below. A key of another type looks free here; the first
-- command that relies on it being free gets the error.
local values = {}
do
  local got = pcalled('MGET', unpack(keys, 1, firstQueue - 1))
  if got.err then
    -- Clients do not treat the error `PARTLY` as proof that nothing was written, because commands have already run.
    return redis.error_reply((number > 0 and 'PARTLY ' or '') .. explained(got.err, 'MGET'))
  end
  for i = 1, firstQueue - 1 do values[keys[i]] = got[i] end
end

-- Lock keys taken by the current command, for the case that it fails halfway.
local taken, takenCount = {}, 0

local function refusal(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- A key that looks free may have another type.
local function assertFree(key)
  call('GET', key)
end

local lastTtl
local function note(ttl, token)
  -- Common case: consecutive TTLs are the same.
  if ttl ~= lastTtl then
    lastTtl = ttl
    longest = math.max(longest, tonumber(ttl))
  end
  if token then highest = math.max(highest, tonumber(token)) end
end

local function highestCounter(n)
  local counter = run and floor or 0
  for i = fence, fence + n - 1 do
    local own = tonumber(values[keys[i]] or 0)
    if own > counter then counter = own end
  end
  return counter
end

local function stale(counter)
  return { string.format('%.0f', counter) }
end

local function take(value, ttl, n, token, counterLife)
  for i = lock, lock + n - 1 do
    local key = keys[i]
    if values[key] == value then
      call('SET', key, value, 'PX', ttl)
    else
      if not call('SET', key, value, 'PX', ttl, 'NX') then
        assertFree(key)
        error('ERR a key that is free cannot be set')
      end
      values[key] = value
      takenCount = takenCount + 1
      taken[takenCount] = key
    end
  end
  if token then
    for i = fence, fence + n - 1 do
      call('SET', keys[i], token, 'PX', counterLife)
      values[keys[i]] = token
    end
  end
  if marked then note(ttl, token) end
end

-- ── queues ──────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The id, the order and the life of a waiter. If the client's clock is wrong, the node's clock replaces it, minus the
-- time already waited.
local function readWaiter(waiter)
  local at, age, life, id = string.match(waiter, '^(%S+) (%S+) (%S+) (.*)$')
  at, age, life = tonumber(at), tonumber(age), tonumber(life)
  if at < 0 then return id, math.huge, life end
  if math.abs(at + age - now) <= CLOCK_TOLERANCE then return id, at, life end
  return id, now - age, life
end

-- Milliseconds until all waiters ahead of this one (without one: all) have expired; -1 if there are none.
local function msUntilTurn(n, waiter)
  local life, id, order = -1, nil, nil
  if waiter then id, order = readWaiter(waiter) end
  for i = queue, queue + n - 1 do
    local first, at, deadline = firstPlaceOf(keys[i])
    if first and at ~= math.huge and first ~= id then
      local before = not id or at < order or (at == order and first < id)
      if before and deadline - now > life then life = deadline - now end
    end
  end
  return life
end

-- The waiter of the current command; `name` replaces an omitted id.
local function nextWaiter(name)
  waiter = waiter + 1
  local given = waiters[waiter - 1]
  return name and string.sub(given, -1) == ' ' and given .. name or given
end

local function enqueue(n, waiter)
  local id, order, life = readWaiter(waiter)
  local score = order == math.huge and '+inf' or order
  for i = queue, queue + n - 1 do
    local key = keys[i]
    call('ZADD', key, score, '+' .. id, -(now + life), '-' .. id)
    if call('PTTL', key) < life then call('PEXPIRE', key, math.ceil(life)) end
  end
  queues = true
end

local function dequeue(n, id)
  if not queues then return end
  for i = queue, queue + n - 1 do call('ZREM', keys[i], '+' .. id, '-' .. id) end
end

local function serveNextOfEach(n, except, mayHandOver)
  for i = 0, n - 1 do
    local lockKey = keys[lock + i]
    if not values[lockKey] then
      values[lockKey] = serveNext(lockKey, keys[queue + i], except, mayHandOver) or false
    end
  end
end

-- ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────────

local function acquire(flags, n)
  local value, ttl = job[p], job[p + 1]
  p = p + 2
  local mode = flags % 4
  local waiter = mode == 2 and nextWaiter(value)
  local token, counterLife
  if flags >= 4 then
    token, counterLife = job[p], job[p + 1]
    p = p + 2
  end

  if run then
    if marked ~= run then return UNMARKED end
    if quarantinedUntil then return refusal(QUARANTINED, quarantinedUntil - now) end
  end

  local owned, held, remaining = 0, false, -1
  for i = lock, lock + n - 1 do
    local holder = values[keys[i]]
    if holder == value then
      owned = owned + 1
    elseif holder then
      local left = call('PTTL', keys[i])
      held = true
      -- -1: it never expires.
      if left == -1 then left = math.huge end
      if left > remaining then remaining = left end
    end
  end
  -- The lock was handed over in the meantime, or a connection has sent the same command twice.
  if owned == n then
    take(value, ttl, n)
    if waiter then dequeue(n, (readWaiter(waiter))) end
    return
  end
  if held then
    if waiter then enqueue(n, waiter) end
    if remaining == math.huge then return HELD end
    return refusal(HELD, remaining)
  end

  if queues and mode > 0 then
    local ahead = msUntilTurn(n, waiter)
    if ahead >= 0 then
      if waiter then enqueue(n, waiter) end
      return refusal(QUEUED, ahead)
    end
  end

  if token then
    local counter = highestCounter(n)
    if counter >= tonumber(token) then return stale(counter) end
  end

  take(value, ttl, n, token, counterLife)
  if waiter and queues then dequeue(n, (readWaiter(waiter))) end
end

-- The reason why the value is not on all keys; nothing if it is.
local function missing(value, n)
  local reason
  for i = lock, lock + n - 1 do
    local key = keys[i]
    local holder = values[key]
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
local function wasResumed(value, n, bearer)
  for i = fence, fence + n - 1 do
    local borne = values[keys[i]]
    local latest, of = string.match(borne or '', '^(%d+) (.*)$')
    if of == value and tonumber(latest) > bearer then return true end
  end
end

local function extend(flags, n)
  local value, ttl = job[p], job[p + 1]
  p = p + 2
  local bearer = 0
  if flags == 1 then
    bearer = tonumber(job[p])
    p = p + 1
    if wasResumed(value, n, bearer) then return TAKEN end
  end
  local reason = missing(value, n)
  if reason then return reason end
  -- Never SET, because extensions must work on a node that is out of memory.
  for i = lock, lock + n - 1 do call('PEXPIRE', keys[i], ttl) end
  if bearer > 0 then
    local borne = string.format('%d %s', bearer, value)
    for i = fence, fence + n - 1 do
      -- Without memory for it, the extension still counts.
      pcalled('SET', keys[i], borne, 'PX', ttl)
      values[keys[i]] = borne
    end
  end
  if marked then note(ttl) end
end

local function repair(flags, n)
  local value, ttl = job[p], job[p + 1]
  p = p + 2
  local token, counterLife
  if flags >= 4 then
    token, counterLife = job[p], job[p + 1]
    p = p + 2
  end
  if missing(value, n) == TAKEN then return TAKEN end
  if token then
    -- The counter may already be its own token; only a higher one bars it.
    local counter = highestCounter(n)
    if counter > tonumber(token) then return stale(counter) end
  end
  take(value, ttl, n, token, counterLife)
end

local function release(flags, n)
  local value = job[p]
  p = p + 1
  local waiter = flags % 2 == 1 and nextWaiter()
  if flags >= 2 then
    local bearer = tonumber(job[p])
    p = p + 1
    if wasResumed(value, n, bearer) then return TAKEN end
  end

  local released = 0
  for i = lock, lock + n - 1 do
    local key = keys[i]
    if values[key] == value then
      call('DEL', key)
      values[key] = false
      released = released + 1
    elseif not values[key] then
      assertFree(key)
    end
  end
  dequeue(n, value)
  -- Without memory for a place, the release still counts.
  if waiter then pcall(enqueue, n, waiter) end
  if queues then serveNextOfEach(n, released > 0 and waiter and readWaiter(waiter), true) end
  if released < n then return GONE end
end

local function force(_, n)
  local deleted = 0
  for i = lock, lock + n - 1 do
    local key = keys[i]
    if values[key] then
      call('DEL', key)
      values[key] = false
      deleted = deleted + 1
    else
      assertFree(key)
    end
  end
  if queues then serveNextOfEach(n) end
  if deleted == 0 then return GONE end
end

local function inspect(flags, n)
  local waiter = flags == 1 and nextWaiter()
  local sightings, held = {}, false
  for i = 0, n - 1 do
    local key = keys[lock + i]
    local holder = values[key]
    local sighting = { holder, -1, values[keys[fence + i]] or '0' }
    if holder then
      held = true
      sighting[2] = call('PTTL', key)
    else
      assertFree(key)
    end
    if queues then
      dropDead(keys[queue + i])
      for _, member in ipairs(call('ZRANGEBYSCORE', keys[queue + i], 0, '(+inf')) do
        sighting[#sighting + 1] = string.sub(member, 2)
      end
    end
    sightings[i + 1] = sighting
  end
  if waiter and held then enqueue(n, waiter) end
  return sightings
end

local handlers = { acquire, extend, repair, release, force, inspect }

-- ── the batch ───────────────────────────────────────────────────────────────────────────────────────────────────────

local size = #reply
local lockStep, fenceStep, queueStep = 0, 0, 0

local function applyAll()
  while true do
    lock, fence, queue = lock + lockStep, fence + fenceStep, queue + queueStep
    if p > last then return end
    local opcode = job[p]
    local kind = opcode % 8
    local rest = (opcode - kind) / 8
    local flags = rest % 8
    local n = (rest - flags) / 8
    p = p + 1
    number, takenCount = number + 1, 0
    lockStep = n
    local isBorne = (kind == 2 and flags == 1) or (kind == 4 and flags >= 2)
    fenceStep = (kind == 6 or isBorne or (flags >= 4 and kind % 2 == 1)) and n or 0
    queueStep = (kind >= 4 or (kind == 1 and flags % 4 > 0)) and n or 0
    local said = handlers[kind](flags, n)
    if said then
      reply[size + 1], reply[size + 2] = number, said
      size = size + 2
    end
  end
end

-- An error ends one command, but not the following ones.
repeat
  local done, failure = pcall(applyAll)
  if not done then
    for i = 1, takenCount do
      call('DEL', taken[i])
      values[taken[i]] = false
    end
    local said = type(failure) == 'table' and failure.err or tostring(failure)
    reply[size + 1], reply[size + 2] = number, explained(said, attempted or '')
    size = size + 2
  end
until done

return noteInMarker() or reply
