-- Executes several lock commands in order. A translation of `execute` in @quorumlock/core's node-state.ts.
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
-- waiter `at age life id`; `at` is -1 for one that only watches; an acquire whose value is the id omits the id
-- reply  the heading: the number of the call, followed by the server's TIME if it was read. Alone if every command was
--        granted; otherwise in an array, followed by the number of each other command and
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
--   marker  hash, see mark.lua

-- @include reasons

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
local mark = marker and call('HMGET', marker, 'stamp')[1]
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

-- @include marker
-- @include places
-- @include hand-over
-- @include locks
-- @include waiters
-- @include taking
-- @include giving

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
