// Generated from the .lua files in this folder by scripts/embed-lua.mjs (`npm run embed-lua`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

export const acquire: EmbeddedScript = {
  name: 'acquire',
  sha1: '6f03965281e1ac3df01561820e14f93c6e138100',
  source: `-- Takes one lock. A translation of \`acquire\` in @quorumlock/core's node-state.ts, for a single key.
--
-- KEYS   lock; queue; its fence counter if there is a token; the marker if there is a stamp
-- ARGV   1 number of the call, 2 value, 3 TTL, 4 waiter or \`respect\` or \`ignore\`, 5 stamp or nothing; and if needed:
--        6 \`record\` if the marker may not have recorded so long a TTL, 7 token, 8 life of the fence counter
-- reply  as for batch.lua, which also describes keys, waiters and refusals

local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7

local call = redis.call
local lock, queue = KEYS[1], KEYS[2]
local value, ttl, waiter, stamp, token = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[7]
local mustRecord = ARGV[6] == 'record'

local time = call('TIME')
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local marker = stamp ~= '' and KEYS[#KEYS]
local mark = marker and call('HGET', marker, 'stamp')
local mayVote = not marker or mark == stamp
local queued = waiter ~= 'ignore' and call('EXISTS', queue) == 1

-- Common case: free, and nobody waits.
if mayVote and not queued and not token and not mustRecord and call('SET', lock, value, 'PX', ttl, 'NX') then
  return heading
end

local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Uses \`marker\`, \`stamp\`, \`mark\` (the stamp that the marker has, if it exists) and \`now\`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node that may not vote.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HGET', marker, 'until') - now)
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HGET', marker, field) or 0) then call('HSET', marker, field, number) end
end
-- The queue of one lock. Uses \`now\`.

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

if not mayVote then return { heading, 1, barred() } end

local id, order, life
if waiter ~= 'ignore' and waiter ~= 'respect' then
  id, order, life = readWaiter(waiter)
  if id == '' then id = value end
end

local function refused(refusal)
  if id then enqueue(queue, id, order, life) end
  return { heading, 1, refusal }
end

local holder = call('GET', lock)
if holder and holder ~= value then
  local left = call('PTTL', lock)
  -- -1: it never expires.
  return refused(left < 0 and HELD or during(HELD, left))
end

if not holder and queued then
  local left = msUntilTurn(queue, id, order)
  if left >= 0 then return refused(during(QUEUED, left)) end
end

-- The lock comes last, so that an error before it has left nothing behind that would have to be taken back.
if token and not holder then
  local fence, proposed = KEYS[3], tonumber(token)
  local counter = tonumber(call('GET', fence) or 0)
  if marker then counter = math.max(counter, tonumber(call('HGET', marker, 'floor') or 0)) end
  if counter >= proposed then return { heading, 1, { string.format('%.0f', counter) } } end
  if marker then record('highest', proposed) end
  call('SET', fence, token, 'PX', ARGV[8])
end
if mustRecord then record('longest', tonumber(ttl)) end
-- A holder that has the value already: the lock was handed over, or a connection has sent the command twice.
if queued and id then leave(queue, id) end
call('SET', lock, value, 'PX', ttl)
return heading
`,
}

export const batch: EmbeddedScript = {
  name: 'batch',
  sha1: 'ab314752b3dbba16452b4b6ecf8f027d5a3ddb70',
  source: `-- Executes several lock commands in order. A translation of \`execute\` in @quorumlock/core's node-state.ts.
--
-- KEYS   the lock keys of all commands in order; then their counters: fence counters, for a command with a bearer the
--        bearer keys; then their queues; and last the marker if there is a stamp. Each command lists the companions that
--        it uses.
-- ARGV   1 number of the call, 2 stamp or nothing, 3 the longest TTL that the marker has surely recorded,
--        4 JSON, flat: number of lock keys, number of counters, and for each group of consecutive commands that have the first
--        fields in common: code, number of commands, these fields, and then the other fields of one command after another
--          1 acquire  ttl [counter-life] | value [token]
--          2 extend   ttl [bearer] | value
--          3 repair   ttl [counter-life] | value [token]
--          4 release  [bearer] | value
--          5 force    |
--          6 inspect  |
--        5 JSON, only if there are any: the waiters of all commands in order
--        All times are in milliseconds.
-- code   kind + 8 × flags + 128 × number of keys; flags: 1 respects the queue, 2 has a waiter, 4 has counters, 8 has queues
-- waiter \`at age life id\`; \`at\` is -1 for one that only watches; an acquire whose value is the id omits the id
-- reply  the heading: the number of the call, followed by the server's TIME if it was read. Alone if every command was
--        granted; otherwise in an array, followed by the number of each other command and
--          a number    refused: \`reason + 8 * (remaining + 1)\`, without the second part if that is unknown
--          a string    the error of this command, which has left nothing behind
--          an array    for an acquire or repair: the counter that bars it; for an inspect: one array per key
--
-- Keys
--   lock    string, the value of its holder
--   fence   string, the highest token granted
--   bearer  string, \`number value\`: which process has resumed the lock that has this value
--   queue   sorted set, two members for each waiter: \`+id\` scored by its order, \`-id\` by the negative of its deadline.
--           So places sort from 0 upwards, and deadlines below 0.
--   marker  hash, see mark.lua

local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7

local keys, stamp = KEYS, ARGV[2]
local job = cjson.decode(ARGV[4])
local lockCount, counterCount = job[1], job[2]

-- Remembers the command for error messages.
local attempted
local pcalled = redis.pcall
local function call(name, ...)
  attempted = name
  return redis.call(name, ...)
end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]

local marker = stamp ~= '' and keys[#keys]
local mark = marker and call('HGET', marker, 'stamp')
local mayVote = not marker or mark == stamp
-- What the marker must have recorded at the end. A marker with another stamp may not have recorded what the client knows of.
local known = mark == stamp and tonumber(ARGV[3]) or 0
local longest, highest = known, 0

local firstQueue, lastQueue = lockCount + counterCount + 1, marker and #keys - 1 or #keys
-- Whether anybody waits for any of the keys.
local queued = lastQueue >= firstQueue and call('EXISTS', unpack(keys, firstQueue, lastQueue)) > 0

-- The current command: its number, its fields, its first lock, counter and queue, and its waiter.
local number, p, lock, counter, queue, waiter = 1, 3, 1, lockCount + 1, firstQueue, 1
-- Its group: how many of its commands are left, and what they have in common.
local left, perform, n, ttl, ttlNumber, counterLife, bearer, respects, waits, hasToken = 0
-- How far the next command of the group is.
local fieldStep, counterStep, queueStep, waiterStep

local reply = heading
local function say(number, said)
  if reply == heading then reply = { heading } end
  reply[#reply + 1], reply[#reply + 2] = number, said
end

-- Uses \`marker\`, \`stamp\`, \`mark\` (the stamp that the marker has, if it exists) and \`now\`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node that may not vote.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HGET', marker, 'until') - now)
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HGET', marker, field) or 0) then call('HSET', marker, field, number) end
end
-- The queue of one lock. Uses \`now\`.

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
-- What happens to a lock that became free while others wait. Uses \`longest\`.

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
  if remaining < 1 or pcalled('SET', lock, id, 'PX', remaining).err then return end
  local listeners = pcalled('PUBLISH', channel, id .. ' ' .. remaining .. ' ' .. deadline)
  if type(listeners) == 'table' or listeners == 0 then
    call('DEL', lock)
    return listeners == 0 and 'unheard' or 'untold'
  end
  leave(queue, id)
  if remaining > longest then longest = remaining end
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
  floor = floor or marker and tonumber(call('HGET', marker, 'floor') or 0) or 0
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
-- treat the error \`MARKER\` as proof that nothing was written.
local function noteInMarker()
  if not mark or (longest <= known and highest == 0) then return end
  local done, failure = pcall(function()
    if longest > known then record('longest', longest) end
    if highest > 0 then record('highest', highest) end
  end)
  if not done then return redis.error_reply('MARKER ' .. explained(failure)) end
end
-- The waiter of the current command, in all of its queues.

local waiters

-- Its id, order and life; \`value\` replaces an omitted id.
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
  if missing(value) == TAKEN then return TAKEN end
  local stale = hasToken and staleAt(token, true)
  if stale then return stale end
  take(value, hasToken and token)
end
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

local kinds = { acquire, extend, repair, release, force, inspect }

local function beginGroup()
  local code = job[p]
  local kind, flags = code % 8, math.floor(code / 8) % 16
  local isCounted = flags % 8 >= 4
  perform, n, left = kinds[kind], math.floor(code / 128), job[p + 1]
  respects, waits, hasToken = flags % 2 == 1, flags % 4 >= 2, isCounted and (kind == 1 or kind == 3)
  p = p + 2
  if kind <= 3 then
    ttl, ttlNumber, p = job[p], tonumber(job[p]), p + 1
  end
  if hasToken then
    counterLife, p = job[p], p + 1
  elseif kind == 2 or kind == 4 then
    bearer = isCounted and tonumber(job[p])
    if bearer then p = p + 1 end
  end
  fieldStep = hasToken and 2 or kind <= 4 and 1 or 0
  counterStep, queueStep, waiterStep = isCounted and n or 0, flags >= 8 and n or 0, waits and 1 or 0
  if perform ~= release then deleteFreed() end
end

local function goOn()
  left, number, p, lock = left - 1, number + 1, p + fieldStep, lock + n
  counter, queue, waiter = counter + counterStep, queue + queueStep, waiter + waiterStep
end

local last = #job

local function performAll()
  while true do
    if left == 0 then
      if p > last then return end
      beginGroup()
    end
    local said = perform(job[p], job[p + 1])
    if said then say(number, said) end
    goOn()
  end
end

-- An error ends one command, but not the following ones.
repeat
  local done, failure = pcall(performAll)
  if not done then
    takeBack()
    say(number, explained(failure))
    goOn()
  end
until done

deleteFreed()
return noteInMarker() or reply
`,
}

export const greet: EmbeddedScript = {
  name: 'greet',
  sha1: 'f055c2495ae40fbac6a2fef5c71cf91c66d1ffcb',
  source: `-- Returns the clock of the node and, if requested, its marker. A translation of \`greetingOf\` in node-state.ts.
--
-- KEYS   the marker, or none; and where one of version 0.1 may stand
-- ARGV   the number of the call
-- reply  see parts/greeting.lua

local call = redis.call
local key, former = KEYS[1], KEYS[2]
local time = call('TIME')

-- Version 0.1 kept its marker under another key, \`former\`, and knows nothing of stamps: its clients would take this marker
-- for one of a new fleet. So its marker is taken over, and replaced by a text that stops them with an error.

local NOTICE = 'quorumlock 0.2 or newer uses this fleet, and 0.1 cannot share it: replace every process that still uses 0.1'

local function excludeFormer()
  if former then call('SET', former, NOTICE) end
end

local function takeOver()
  local marker = redis.pcall('HMGET', former, 'fleet', 'run', 'longest', 'highest', 'floor', 'until')
  -- No marker of that version, or the text.
  if marker.err or not marker[2] then return end
  local fleet, run, longest, highest, floor, quarantinedUntil = unpack(marker)
  local stamp = run .. '-' .. time[1] .. time[2]
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', quarantinedUntil and 'out:' .. stamp or stamp,
    'longest', longest or 0, 'highest', highest or 0, 'floor', floor or 0)
  if quarantinedUntil then call('HSET', key, 'until', quarantinedUntil) end
  excludeFormer()
end
-- What a node says of itself. Uses \`key\` (of the marker, or nothing) and \`time\`.
--
-- reply  heading as in batch.lua, identity of the server process, and if there is a marker: fleet, run, stamp, longest TTL,
--        highest token, remaining quarantine in milliseconds or false

local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  -- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end

  local marker = call('HMGET', key, 'fleet', 'run', 'stamp', 'longest', 'highest', 'until')
  local fleet, run, stamp, longest, highest, quarantinedUntil = unpack(marker)
  if not run then return { heading, own } end
  if not quarantinedUntil then return { heading, own, fleet, run, stamp, longest, highest, false } end
  local left = math.max(0, quarantinedUntil - (time[1] * 1000 + math.floor(time[2] / 1000)))
  return { heading, own, fleet, run, string.sub(stamp, 5), longest, highest, left }
end

if former and call('EXISTS', key) == 0 then takeOver() end
return greeting()
`,
}

export const mark: EmbeddedScript = {
  name: 'mark',
  sha1: 'b72640536809203d76fc7cd2fdf894e49129d09d',
  source: `-- Writes the marker of a fleet if the condition of the mode holds. A translation of \`mark\` in node-state.ts.
--
-- KEYS   the marker; and where one of version 0.1 may stand
-- ARGV   number of the call, mode, fleet, run, stamp, longest TTL, floor, duration of a quarantine; times in milliseconds
-- reply  see parts/greeting.lua
--
-- The marker is a hash
--   fleet, run, longest, highest, floor   as in node-state.ts
--   stamp   what clients that know the marker send with their commands; behind \`out:\` during a quarantine, so that this
--           one field tells whether the node may vote
--   until   the end of the quarantine, by the clock of the node

local call = redis.call
local key, former = KEYS[1], KEYS[2]
local mode, fleet, run, stamp = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local longest, floor, duration = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Version 0.1 kept its marker under another key, \`former\`, and knows nothing of stamps: its clients would take this marker
-- for one of a new fleet. So its marker is taken over, and replaced by a text that stops them with an error.

local NOTICE = 'quorumlock 0.2 or newer uses this fleet, and 0.1 cannot share it: replace every process that still uses 0.1'

local function excludeFormer()
  if former then call('SET', former, NOTICE) end
end

local function takeOver()
  local marker = redis.pcall('HMGET', former, 'fleet', 'run', 'longest', 'highest', 'floor', 'until')
  -- No marker of that version, or the text.
  if marker.err or not marker[2] then return end
  local fleet, run, longest, highest, floor, quarantinedUntil = unpack(marker)
  local stamp = run .. '-' .. time[1] .. time[2]
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', quarantinedUntil and 'out:' .. stamp or stamp,
    'longest', longest or 0, 'highest', highest or 0, 'floor', floor or 0)
  if quarantinedUntil then call('HSET', key, 'until', quarantinedUntil) end
  excludeFormer()
end
-- What a node says of itself. Uses \`key\` (of the marker, or nothing) and \`time\`.
--
-- reply  heading as in batch.lua, identity of the server process, and if there is a marker: fleet, run, stamp, longest TTL,
--        highest token, remaining quarantine in milliseconds or false

local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  -- Empty if the user lacks the permission. Only new connections and probes ask, because INFO is expensive.
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end

  local marker = call('HMGET', key, 'fleet', 'run', 'stamp', 'longest', 'highest', 'until')
  local fleet, run, stamp, longest, highest, quarantinedUntil = unpack(marker)
  if not run then return { heading, own } end
  if not quarantinedUntil then return { heading, own, fleet, run, stamp, longest, highest, false } end
  local left = math.max(0, quarantinedUntil - (time[1] * 1000 + math.floor(time[2] / 1000)))
  return { heading, own, fleet, run, string.sub(stamp, 5), longest, highest, left }
end

local marker = call('HMGET', key, 'run', 'stamp', 'until', 'longest', 'highest', 'floor')
local markedRun, markedStamp, quarantinedUntil = marker[1], marker[2], tonumber(marker[3] or nil)
local markedLongest, markedHighest = tonumber(marker[4] or 0), tonumber(marker[5] or 0)
local markedFloor = tonumber(marker[6] or 0)

if mode == 'found' and not markedRun then
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', stamp, 'longest', longest, 'highest', floor, 'floor', floor)
  excludeFormer()
end

if mode == 'quarantine' and markedRun ~= run then
  -- Data that survived a restart keeps its own record of tokens and times, regardless of the fleet's.
  longest = math.max(longest, markedLongest)
  floor = math.max(floor, markedFloor)
  local highest = math.max(floor, markedHighest)
  local stillOut = quarantinedUntil or 0
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', 'out:' .. stamp, 'longest', longest, 'highest', highest,
    'floor', floor, 'until', math.max(now + duration, stillOut))
  excludeFormer()
end

if markedRun and quarantinedUntil then
  if mode == 'lift' or (mode == 'admit' and markedRun == run and now >= quarantinedUntil) then
    call('HDEL', key, 'until')
    call('HSET', key, 'stamp', string.sub(markedStamp, 5), 'floor', math.max(markedFloor, floor),
      'highest', math.max(markedHighest, floor))
  elseif mode == 'shorten' and markedRun == run then
    call('HSET', key, 'until', math.min(quarantinedUntil, now + duration))
  end
end

return greeting()
`,
}

export const release: EmbeddedScript = {
  name: 'release',
  sha1: 'ada92d379187141a3405916491b5436513f76002',
  source: `-- Gives one lock back, to the next waiter if there is one. A translation of \`release\` in @quorumlock/core's node-state.ts,
-- for a single key.
--
-- KEYS   lock; queue; the marker if there is a stamp
-- ARGV   1 number of the call, 2 value, 3 stamp or nothing
-- reply  as for batch.lua, which also describes keys and refusals

local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7

local call, pcalled = redis.call, redis.pcall
local lock, queue, value = KEYS[1], KEYS[2], ARGV[2]

local holder = call('GET', lock)
local isOwner = holder == value

-- Common case: nobody waits.
if call('EXISTS', queue) == 0 then
  if isOwner then call('DEL', lock) end
  return isOwner and ARGV[1] or { ARGV[1], 1, GONE }
end

local stamp = ARGV[3]
local marker = stamp ~= '' and KEYS[3]
local mark = marker and call('HGET', marker, 'stamp')
local mayHandOver = marker and mark == stamp
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local reply = isOwner and heading or { heading, 1, GONE }
-- The longest TTL that the marker must have recorded at the end.
local longest = 0

-- Uses \`marker\`, \`stamp\`, \`mark\` (the stamp that the marker has, if it exists) and \`now\`.

-- A refusal that is expected to last for so many milliseconds.
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end

-- The refusal of a node that may not vote.
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HGET', marker, 'until') - now)
end

-- Raises a number in the marker.
local function record(field, number)
  if number > tonumber(call('HGET', marker, field) or 0) then call('HSET', marker, field, number) end
end
-- The queue of one lock. Uses \`now\`.

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
-- What happens to a lock that became free while others wait. Uses \`longest\`.

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
  if remaining < 1 or pcalled('SET', lock, id, 'PX', remaining).err then return end
  local listeners = pcalled('PUBLISH', channel, id .. ' ' .. remaining .. ' ' .. deadline)
  if type(listeners) == 'table' or listeners == 0 then
    call('DEL', lock)
    return listeners == 0 and 'unheard' or 'untold'
  end
  leave(queue, id)
  if remaining > longest then longest = remaining end
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

leave(queue, value)
if holder and not isOwner then return reply end
if not serveNext(lock, queue, nil, mayHandOver) and isOwner then call('DEL', lock) end
if longest > 0 then record('longest', longest) end
return reply
`,
}
