-- Gives a node in quarantine back the locks that it forgot. A translation of `restore` in @quorumlock/core's copies.ts.
--
-- KEYS   the lock keys; the bearer keys of those that have a bearer; the marker
-- ARGV   1 number of the call, 2 stamp; then value, TTL and bearer or 0 of one lock after another
-- reply  heading as for batch.lua; the refusal as there, or false; then for how many milliseconds each key lives
--
-- batch.lua describes keys. A key that never expires, or has another type, is none of ours and bars the lock already, so it
-- stays as it is.

-- @include reasons

local marker, stamp = KEYS[#KEYS], ARGV[2]

-- @include copying

if mark ~= 'out:' .. stamp then return { heading, UNMARKED } end

local TOMBSTONE = '#tombstone'

-- Returns for how long the key lives then, and its value if that is one of ours.
local function giveBack(lock, holder, value, ttl)
  if not holder then return ttl, call('SET', lock, value, 'PX', ttl, 'NX') and value end
  local left = call('PTTL', lock)
  if left < 0 then return ttl end
  local life = math.max(left, ttl)
  if holder ~= value then
    -- Left as it is, it may be a value from a snapshot or of a repair that its owner releases a moment later.
    call('SET', lock, TOMBSTONE, 'PX', life)
    return life, TOMBSTONE
  end
  if left < ttl then call('PEXPIRE', lock, ttl) end
  return life, value
end

-- Of a lock that was resumed by another process. The node may know a later one.
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
  -- A twentieth of a millisecond passes in between, and TIME is as expensive as SET.
  if i % 16 == 1 then late = elapsed() end
  reply[i + 2] = life + late
  if bearer > 0 then
    bearerKey = bearerKey + 1
    if stays == value then noteBearer(KEYS[bearerKey], value, bearer, life) end
  end
end
return reply
