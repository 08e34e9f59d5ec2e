-- Lists locks, a page at a time. A translation of `list` in @quorumlock/core's copies.ts, in the order of SCAN.
--
-- KEYS   the marker
-- ARGV   1 number of the call, 2 stamp, 3 pattern of the lock keys, 4 cursor, 5 about how many keys to look at
-- reply  heading as for batch.lua; the refusal as there, or false; the next cursor, or false after the last page; then key,
--        value, remaining milliseconds from the clock in the heading on, and bearer of one lock after another
--
-- batch.lua describes keys. Those read here are found, not declared, so this script cannot run on a cluster.

-- @include reasons

local marker, stamp = KEYS[1], ARGV[2]

-- @include copying
-- @include marker

if mark ~= stamp then return { heading, barred() } end

local COMPANIONS = { [':#queue'] = true, [':#fence'] = true, [':#bearer'] = true }

local function hasHashTag(key)
  return string.find(key, '{', 1, true) and string.find(key, '^[^{]*{[^}]+}')
end

local found = call('SCAN', ARGV[4], 'MATCH', ARGV[3], 'COUNT', ARGV[5], 'TYPE', 'string')
local locks, bearers, count = {}, {}, 0
for _, key in ipairs(found[2]) do
  local stem = hasHashTag(key) and key
  -- Only the companions of a lock with a hash tag begin as locks do.
  if not (stem and COMPANIONS[string.match(key, ':#%l+$')]) then
    count = count + 1
    locks[count], bearers[count] = key, (stem or '{' .. key .. '}') .. ':#bearer'
  end
end

local reply, length = { heading, false, found[1] ~= '0' and found[1] }, 3
local values, borne, late = readAll(locks, count), readAll(bearers, count), 0
for i = 1, count do
  local lock, value = locks[i], values[i]
  -- A twentieth of a millisecond passes in between, and TIME is as expensive as PTTL.
  if i % 16 == 1 then late = elapsed() end
  -- Below 0: it never expires, so it is none of ours, or it has expired.
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
