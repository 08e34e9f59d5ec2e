-- Takes one lock. A translation of `acquire` in @quorumlock/core's node-state.ts, for a single key.
--
-- KEYS   lock; queue; its fence counter if there is a token; the marker if there is a stamp
-- ARGV   1 number of the call, 2 value, 3 TTL, 4 waiter or `respect` or `ignore`, 5 stamp or nothing; and if needed:
--        6 `record` if the marker may not have recorded so long a TTL, 7 token, 8 life of the fence counter
-- reply  as for batch.lua, which also describes keys, waiters and refusals

-- @include reasons

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

-- Common case: free, and nobody waits.
if mayVote and not queued and not token and not mustRecord and call('SET', lock, value, 'PX', ttl, 'NX') then
  return heading
end

local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- @include marker
-- @include places

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
  local counter = math.max(tonumber(call('GET', fence) or 0), tonumber(floor or 0))
  if counter >= proposed then return { heading, 1, { string.format('%.0f', counter) } } end
  if marker and proposed > tonumber(highest or 0) then call('HSET', marker, 'highest', token) end
  call('SET', fence, token, 'PX', ARGV[8])
end
if mustRecord then record('longest', tonumber(ttl)) end
-- A holder that has the value already: the lock was handed over, or a connection has sent the command twice.
if queued and id then leave(queue, id) end
call('SET', lock, value, 'PX', ttl)
return heading
