-- How many retained publications between two offsets a user may receive. Own arguments: after, up to, user.
local after, up_to, user = tonumber(ARGV[OWN]), tonumber(ARGV[OWN + 1]), ARGV[OWN + 2]
local CHUNK = 500

local log = find()
if not log then
  return 0
end
log = sound(log)
local next = math.max(after + 1, earliest(log))
local last = math.min(up_to, log.top)
if next > last then
  return 0
end
if log.addressed == 0 then
  return last - next + 1
end
local count = 0
repeat
  local entries = redis.call('XRANGE', ENTRIES, id(next), id(last), 'COUNT', CHUNK)
  for _, entry in ipairs(entries) do
    local offset, recipient = fields(entry)
    if not recipient or recipient == user then
      count = count + 1
    end
    next = offset + 1
  end
until #entries < CHUNK
return count
