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
if log.addressed == 0 then
  return math.max(0, last - next + 1)
end
local count = 0
while next <= last do
  for _, entry in ipairs(redis.call('XRANGE', ENTRIES, id(next), id(last), 'COUNT', CHUNK)) do
    local offset, recipient = fields(entry)
    if not recipient or recipient == user then
      count = count + 1
    end
    next = offset + 1
  end
end
return count
