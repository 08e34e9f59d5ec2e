// Generated from the .lua files in this folder by scripts/embed-lua.mjs (`npm run embed-lua`). Do not edit.

export interface EmbeddedScript {
  readonly name: string
  /** What EVALSHA calls the script by. */
  readonly sha1: string
  readonly source: string
}

export const acquire: EmbeddedScript = {
  name: 'acquire',
  sha1: 'e55c978f170378595800c5f12bb77ac9c0bb6319',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local call = redis.call
local lock, queue = KEYS[1], KEYS[2]
local value, ttl, waiter, stamp, token = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[7]
local mustRecord = ARGV[6] == 'record'
local time = call('TIME')
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local marker = stamp ~= '' and KEYS[#KEYS]
local mark, floor, highest
if marker and token then
  mark, floor, highest = unpack(call('HMGET', marker, 'stamp', 'floor', 'highest'))
elseif marker then
  mark = call('HMGET', marker, 'stamp')[1]
end
local mayVote = not marker or mark == stamp
local queued = waiter ~= 'ignore' and call('EXISTS', queue) == 1
if mayVote and not queued and not token and not mustRecord and call('SET', lock, value, 'PX', ttl, 'NX') then
  return heading
end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
local CLOCK_TOLERANCE = 1000
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
  return refused(left < 0 and HELD or during(HELD, left))
end
if not holder and queued then
  local left = msUntilTurn(queue, id, order)
  if left >= 0 then return refused(during(QUEUED, left)) end
end
if token and not holder then
  local fence, proposed = KEYS[3], tonumber(token)
  local counter = math.max(tonumber(call('GET', fence) or 0), tonumber(floor or 0))
  if counter >= proposed then return { heading, 1, { string.format('%.0f', counter) } } end
  if marker and proposed > tonumber(highest or 0) then call('HSET', marker, 'highest', token) end
  call('SET', fence, token, 'PX', ARGV[8])
end
if mustRecord then record('longest', tonumber(ttl)) end
if queued and id then leave(queue, id) end
call('SET', lock, value, 'PX', ttl)
return heading
`,
}

export const batch: EmbeddedScript = {
  name: 'batch',
  sha1: 'c2df1ee22f658bc86b0fe94c1e34720dbbc9166e',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local keys, stamp = KEYS, ARGV[2]
local job = cjson.decode(ARGV[4])
local lockCount, counterCount = job[1], job[2]
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
local mark = marker and call('HMGET', marker, 'stamp')[1]
local mayVote = not marker or mark == stamp
local known = mark == stamp and tonumber(ARGV[3]) or 0
local longest, highest = known, 0
local firstQueue, lastQueue = lockCount + counterCount + 1, marker and #keys - 1 or #keys
local queued = lastQueue >= firstQueue and call('EXISTS', unpack(keys, firstQueue, lastQueue)) > 0
local number, p, lock, counter, queue, waiter = 1, 3, 1, lockCount + 1, firstQueue, 1
local left, perform, n, ttl, ttlNumber, counterLife, bearer, respects, waits, hasToken = 0
local fieldStep, counterStep, queueStep, waiterStep
local reply = heading
local function say(number, said)
  if reply == heading then reply = { heading } end
  reply[#reply + 1], reply[#reply + 2] = number, said
end
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
local CLOCK_TOLERANCE = 1000
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
local function msUntilTurn(queue, id, order)
  local first, at, deadline = firstPlaceOf(queue)
  if not first or at == math.huge or first == id then return -1 end
  local isBehind = not id or at < order or (at == order and first < id)
  return isBehind and deadline - now or -1
end
local MAX_SKIPPED = 100
local function wake(id)
  return pcalled('PUBLISH', string.match(id, '^(.*)#') or string.sub(id, 1, -2), id) ~= 0
end
local function listens(id)
  return string.match(id, '^(.*)#[%d.]+@(%d+)')
end
local function handOver(lock, queue, id, deadline)
  local channel, longestOffer = listens(id)
  if not channel then return end
  local remaining = math.min(tonumber(longestOffer), deadline - now)
  if remaining < 1 then return end
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
    if outcome == 'untold' or (not outcome and (wake(id) or not mayHandOver or not listens(id))) then return end
    leave(queue, id)
  end
end
local function explained(failure)
  local err = type(failure) == 'table' and failure.err or tostring(failure)
  if string.find(err, 'The user executing the script can', 1, true) then return err .. ': ' .. attempted end
  return err
end
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
local function wasResumed(value)
  if not bearer then return false end
  readCounters()
  for i = counter, counter + n - 1 do
    local latest, of = string.match(counted[keys[i]] or '', '^(%d+) (.*)$')
    if of == value and tonumber(latest) > bearer then return true end
  end
end
local function noteInMarker()
  if not mark or (longest <= known and highest == 0) then return end
  local done, failure = pcall(function()
    if longest > known then record('longest', longest) end
    if highest > 0 then record('highest', highest) end
  end)
  if not done then return redis.error_reply('MARKER ' .. explained(failure)) end
end
local waiters
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
local function acquire(value, token)
  if not hasToken then token = nil end
  if not mayVote then return barred() end
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
      remaining = math.max(remaining, expiry == -1 and math.huge or expiry)
    end
  end
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
  if not mayVote then return barred() end
  if wasResumed(value) then return TAKEN end
  local reason = missing(value)
  if reason then return reason end
  for i = lock, lock + n - 1 do call('PEXPIRE', keys[i], ttl) end
  if bearer and bearer > 0 then
    local borne = string.format('%d %s', bearer, value)
    for i = counter, counter + n - 1 do
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
  sha1: 'b6c38ced3a14022c3969d4697247779de60a99dd',
  source: `local call = redis.call
local key, former = KEYS[1], KEYS[2]
local time = call('TIME')
local NOTICE = 'quorumlock 0.2 or newer uses this fleet, and 0.1 cannot share it: replace every process that still uses 0.1'
local function excludeFormer()
  if not former then return end
  call('DEL', former)
  call('ZADD', former, 0, NOTICE)
end
local function takeOver()
  local marker = redis.pcall('HMGET', former, 'fleet', 'run', 'longest', 'highest', 'floor', 'until')
  if marker.err or not marker[2] then return end
  local fleet, run, longest, highest, floor, quarantinedUntil = unpack(marker)
  local stamp = run .. '-' .. time[1] .. time[2]
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', quarantinedUntil and 'out:' .. stamp or stamp,
    'longest', longest or 0, 'highest', highest or 0, 'floor', floor or 0)
  if quarantinedUntil then call('HSET', key, 'until', quarantinedUntil) end
  excludeFormer()
end
local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end
  local marker = call('HMGET', key, 'stamp', 'fleet', 'run', 'longest', 'highest', 'until', 'seats', 'forgot', 'planted',
    'seat', 'claimed', 'restorer', 'progress')
  local stamp, fleet, run, longest, highest, quarantinedUntil, seats, forgot, planted, seat = unpack(marker)
  if planted then return { heading, own, false, false, false, false, false, false, false, false, false, planted, seat } end
  if not run then return { heading, own } end
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local isNew, left = string.sub(stamp, 1, 4) == 'new:', false
  if quarantinedUntil then left = math.max(0, quarantinedUntil - now) end
  if isNew or left then stamp = string.sub(stamp, 5) end
  local said = { heading, own, stamp, fleet, run, longest, highest, isNew and 'new', left, seats or '', forgot, false, false }
  local claimed = marker[11]
  if left and claimed and now < tonumber(claimed) then said[14], said[15] = marker[12], marker[13] end
  return said
end
if former and call('EXISTS', key) == 0 then takeOver() end
return greeting()
`,
}

export const list: EmbeddedScript = {
  name: 'list',
  sha1: '10e2ac06587910cc8c9ed932f750374affd2c090',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local marker, stamp = KEYS[1], ARGV[2]
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local mark = call('HMGET', marker, 'stamp')[1]
local function readAll(keys, count)
  return count > 0 and call('MGET', unpack(keys, 1, count)) or {}
end
local function elapsed()
  local moment = call('TIME')
  return moment[1] * 1000 + math.floor(moment[2] / 1000) - now
end
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
if mark ~= stamp then return { heading, barred() } end
local COMPANIONS = { [':#queue'] = true, [':#fence'] = true, [':#bearer'] = true }
local function hasHashTag(key)
  return string.find(key, '{', 1, true) and string.find(key, '^[^{]*{[^}]+}')
end
local found = call('SCAN', ARGV[4], 'MATCH', ARGV[3], 'COUNT', ARGV[5], 'TYPE', 'string')
local locks, bearers, count = {}, {}, 0
for _, key in ipairs(found[2]) do
  local stem = hasHashTag(key) and key
  if not (stem and COMPANIONS[string.match(key, ':#%l+$')]) then
    count = count + 1
    locks[count], bearers[count] = key, (stem or '{' .. key .. '}') .. ':#bearer'
  end
end
local reply, length = { heading, false, found[1] ~= '0' and found[1] }, 3
local values, borne, late = readAll(locks, count), readAll(bearers, count), 0
for i = 1, count do
  local lock, value = locks[i], values[i]
  if i % 16 == 1 then late = elapsed() end
  local remaining = value and call('PTTL', lock) or -1
  if remaining >= 0 then
    local bearer, of
    if borne[i] then bearer, of = string.match(borne[i], '^(%d+) (.*)$') end
    reply[length + 1], reply[length + 2] = lock, value
    reply[length + 3], reply[length + 4] = remaining + late, of == value and bearer or 0
    length = length + 4
  end
end
return reply
`,
}

export const mark: EmbeddedScript = {
  name: 'mark',
  sha1: '07a36edf1ccb32f262348970f7ae21c3c5c4862d',
  source: `local call = redis.call
local key, former = KEYS[1], KEYS[2]
local mode, fleet, run, stamp = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local longest, floor, duration = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local seat, seats, replaced, nextStamp = ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local restorer, progress = ARGV[13], ARGV[14]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local NOTICE = 'quorumlock 0.2 or newer uses this fleet, and 0.1 cannot share it: replace every process that still uses 0.1'
local function excludeFormer()
  if not former then return end
  call('DEL', former)
  call('ZADD', former, 0, NOTICE)
end
local function takeOver()
  local marker = redis.pcall('HMGET', former, 'fleet', 'run', 'longest', 'highest', 'floor', 'until')
  if marker.err or not marker[2] then return end
  local fleet, run, longest, highest, floor, quarantinedUntil = unpack(marker)
  local stamp = run .. '-' .. time[1] .. time[2]
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', quarantinedUntil and 'out:' .. stamp or stamp,
    'longest', longest or 0, 'highest', highest or 0, 'floor', floor or 0)
  if quarantinedUntil then call('HSET', key, 'until', quarantinedUntil) end
  excludeFormer()
end
local function greeting()
  local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
  local info = redis.pcall('INFO', 'server')
  local own = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  if not key then return { heading, own } end
  local marker = call('HMGET', key, 'stamp', 'fleet', 'run', 'longest', 'highest', 'until', 'seats', 'forgot', 'planted',
    'seat', 'claimed', 'restorer', 'progress')
  local stamp, fleet, run, longest, highest, quarantinedUntil, seats, forgot, planted, seat = unpack(marker)
  if planted then return { heading, own, false, false, false, false, false, false, false, false, false, planted, seat } end
  if not run then return { heading, own } end
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local isNew, left = string.sub(stamp, 1, 4) == 'new:', false
  if quarantinedUntil then left = math.max(0, quarantinedUntil - now) end
  if isNew or left then stamp = string.sub(stamp, 5) end
  local said = { heading, own, stamp, fleet, run, longest, highest, isNew and 'new', left, seats or '', forgot, false, false }
  local claimed = marker[11]
  if left and claimed and now < tonumber(claimed) then said[14], said[15] = marker[12], marker[13] end
  return said
end
local marker = call('HMGET', key, 'run', 'stamp', 'until', 'longest', 'highest', 'floor', 'restorer',
  'claimed', 'seats', 'forgot', 'planted')
local markedRun, markedStamp, quarantinedUntil = marker[1], marker[2] or '', tonumber(marker[3] or nil)
local markedLongest, markedHighest = tonumber(marker[4] or 0), tonumber(marker[5] or 0)
local markedFloor, markedRestorer, claimed = tonumber(marker[6] or 0), marker[7], tonumber(marker[8] or 0)
local markedSeats, forgot, planted = marker[9] or '', marker[10], marker[11]
local state = string.match(markedStamp, '^%l%l%l:') or ''
local isNew = state == 'new:'
local function write(state)
  longest, floor = math.max(longest, markedLongest), math.max(floor, markedFloor)
  if planted then call('DEL', key) end
  call('HSET', key, 'fleet', fleet, 'run', run, 'stamp', state .. stamp, 'longest', longest,
    'highest', math.max(floor, markedHighest), 'floor', floor, 'seats', seats)
  excludeFormer()
end
if mode == 'plant' and not markedRun and not planted then
  call('HSET', key, 'planted', stamp, 'seat', seat)
  call('PEXPIRE', key, duration)
elseif mode == 'found' and not markedRun and planted == stamp then
  write('new:')
elseif mode == 'found' and markedStamp == 'new:' .. stamp and markedSeats == replaced then
  write('new:')
elseif mode == 'open' and markedStamp == 'new:' .. stamp and markedSeats == replaced then
  call('HSET', key, 'fleet', fleet, 'stamp', stamp, 'seats', seats)
elseif mode == 'seats' and nextStamp ~= '' and not isNew and markedStamp == state .. stamp
  and markedSeats == replaced then
  call('HSET', key, 'stamp', state .. nextStamp, 'seats', seats)
elseif mode == 'quarantine' and (markedRun ~= run or (isNew and markedSeats ~= seats)
  or (not isNew and markedStamp == state .. replaced)) then
  call('HDEL', key, 'restorer', 'progress', 'claimed')
  write('out:')
  call('HSET', key, 'until', math.max(now + duration, quarantinedUntil or 0))
  if not markedRun or isNew or markedStamp == state .. replaced then call('HSET', key, 'forgot', 1) end
elseif markedRun and quarantinedUntil then
  local isSameStay = markedRun == run and markedStamp == 'out:' .. stamp
  local isOver = mode == 'lift' or (mode == 'restored' and isSameStay)
    or (mode == 'admit' and markedRun == run and now >= quarantinedUntil)
  if nextStamp ~= '' and markedStamp ~= 'out:' .. stamp then isOver = false end
  local isClaimed = markedRestorer ~= restorer and now < claimed and claimed <= now + duration
  if isOver then
    call('HDEL', key, 'until', 'forgot', 'restorer', 'progress', 'claimed')
    if nextStamp == '' then nextStamp, seats = string.sub(markedStamp, 5), markedSeats end
    call('HSET', key, 'stamp', nextStamp, 'seats', seats, 'floor', math.max(markedFloor, floor),
      'highest', math.max(markedHighest, floor), 'longest', math.max(markedLongest, longest))
  elseif mode == 'shorten' and markedRun == run then
    call('HSET', key, 'until', math.min(quarantinedUntil, now + duration))
  elseif mode == 'claim' and isSameStay and restorer and not isClaimed then
    call('HSET', key, 'restorer', restorer, 'progress', progress, 'claimed', now + duration)
  end
end
return greeting()
`,
}

export const release: EmbeddedScript = {
  name: 'release',
  sha1: '1b67b46e7cd7781a4f0f94c7f27d3560abcd9afd',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local call, pcalled = redis.call, redis.pcall
local lock, queue, value = KEYS[1], KEYS[2], ARGV[2]
local holder = call('GET', lock)
local isOwner = holder == value
if call('EXISTS', queue) == 0 then
  if isOwner then call('DEL', lock) end
  return isOwner and ARGV[1] or { ARGV[1], 1, GONE }
end
local stamp = ARGV[3]
local marker = stamp ~= '' and KEYS[3]
local mark = marker and call('HMGET', marker, 'stamp')[1]
local mayHandOver = marker and mark == stamp
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local reply = isOwner and heading or { heading, 1, GONE }
local longest = 0
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
local CLOCK_TOLERANCE = 1000
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
local function msUntilTurn(queue, id, order)
  local first, at, deadline = firstPlaceOf(queue)
  if not first or at == math.huge or first == id then return -1 end
  local isBehind = not id or at < order or (at == order and first < id)
  return isBehind and deadline - now or -1
end
local MAX_SKIPPED = 100
local function wake(id)
  return pcalled('PUBLISH', string.match(id, '^(.*)#') or string.sub(id, 1, -2), id) ~= 0
end
local function listens(id)
  return string.match(id, '^(.*)#[%d.]+@(%d+)')
end
local function handOver(lock, queue, id, deadline)
  local channel, longestOffer = listens(id)
  if not channel then return end
  local remaining = math.min(tonumber(longestOffer), deadline - now)
  if remaining < 1 then return end
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
    if outcome == 'untold' or (not outcome and (wake(id) or not mayHandOver or not listens(id))) then return end
    leave(queue, id)
  end
end
leave(queue, value)
if holder and not isOwner then return reply end
if not serveNext(lock, queue, nil, mayHandOver) and isOwner then call('DEL', lock) end
return reply
`,
}

export const restore: EmbeddedScript = {
  name: 'restore',
  sha1: 'ceff365594067390608a9f4f4ad792c3ba04cc4f',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local marker, stamp = KEYS[#KEYS], ARGV[2]
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local mark = call('HMGET', marker, 'stamp')[1]
local function readAll(keys, count)
  return count > 0 and call('MGET', unpack(keys, 1, count)) or {}
end
local function elapsed()
  local moment = call('TIME')
  return moment[1] * 1000 + math.floor(moment[2] / 1000) - now
end
if mark ~= 'out:' .. stamp then return { heading, UNMARKED } end
local TOMBSTONE = '#tombstone'
local function giveBack(lock, holder, value, ttl)
  if not holder then return ttl, call('SET', lock, value, 'PX', ttl, 'NX') and value end
  local left = call('PTTL', lock)
  if left < 0 then return ttl end
  local life = math.max(left, ttl)
  if holder ~= value then
    call('SET', lock, TOMBSTONE, 'PX', life)
    return life, TOMBSTONE
  end
  if left < ttl then call('PEXPIRE', lock, ttl) end
  return life, value
end
local function noteBearer(key, value, bearer, life)
  local known, of = string.match(call('GET', key) or '', '^(%d+) (.*)$')
  if of == value then bearer = math.max(bearer, tonumber(known)) end
  call('SET', key, string.format('%d %s', bearer, value), 'PX', life)
end
local count = (#ARGV - 2) / 3
local holders = readAll(KEYS, count)
local reply, bearerKey, late = { heading, false }, count, 0
for i = 1, count do
  local lock, value, ttl, bearer = KEYS[i], ARGV[3 * i], tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local life, stays = giveBack(lock, holders[i], value, ttl)
  if i % 16 == 1 then late = elapsed() end
  reply[i + 2] = life + late
  if bearer > 0 then
    bearerKey = bearerKey + 1
    if stays == value then noteBearer(KEYS[bearerKey], value, bearer, life) end
  end
end
return reply
`,
}

export const tidy: EmbeddedScript = {
  name: 'tidy',
  sha1: '0f074a3350a79691a398371d41dfe2ea6c0e86c9',
  source: `local HELD, QUEUED, QUARANTINED, UNMARKED, GONE, TAKEN = 1, 2, 4, 5, 6, 7
local marker, stamp, pcalled = KEYS[#KEYS], ARGV[2], redis.pcall
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heading = ARGV[1] .. ' ' .. time[1] .. ' ' .. time[2]
local mark = call('HMGET', marker, 'stamp')[1]
local function readAll(keys, count)
  return count > 0 and call('MGET', unpack(keys, 1, count)) or {}
end
local function elapsed()
  local moment = call('TIME')
  return moment[1] * 1000 + math.floor(moment[2] / 1000) - now
end
local longest = 0
local function during(reason, remaining)
  return reason + 8 * (math.max(0, math.ceil(remaining)) + 1)
end
local function barred()
  if mark ~= 'out:' .. stamp then return UNMARKED end
  return during(QUARANTINED, call('HMGET', marker, 'until')[1] - now)
end
local function record(field, number)
  if number > tonumber(call('HMGET', marker, field)[1] or 0) then call('HSET', marker, field, number) end
end
local CLOCK_TOLERANCE = 1000
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
local function msUntilTurn(queue, id, order)
  local first, at, deadline = firstPlaceOf(queue)
  if not first or at == math.huge or first == id then return -1 end
  local isBehind = not id or at < order or (at == order and first < id)
  return isBehind and deadline - now or -1
end
local MAX_SKIPPED = 100
local function wake(id)
  return pcalled('PUBLISH', string.match(id, '^(.*)#') or string.sub(id, 1, -2), id) ~= 0
end
local function listens(id)
  return string.match(id, '^(.*)#[%d.]+@(%d+)')
end
local function handOver(lock, queue, id, deadline)
  local channel, longestOffer = listens(id)
  if not channel then return end
  local remaining = math.min(tonumber(longestOffer), deadline - now)
  if remaining < 1 then return end
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
    if outcome == 'untold' or (not outcome and (wake(id) or not mayHandOver or not listens(id))) then return end
    leave(queue, id)
  end
end
if mark ~= stamp then return { heading, barred() } end
local SAME_TIME = 2
local count = (#KEYS - 1) / 2
local holders = readAll(KEYS, count)
for i = 1, count do
  local lock, value, expiresAt = KEYS[i], ARGV[2 * i + 1], tonumber(ARGV[2 * i + 2])
  local left = holders[i] == value and call('PTTL', lock) or -1
  if left >= 0 and math.abs(now + elapsed() + left - expiresAt) <= SAME_TIME then
    call('DEL', lock)
    serveNext(lock, KEYS[count + i])
  end
end
return heading
`,
}
