-- Remembers receipts. Own arguments: user, epoch, offset of each.
local log = find()
if not log then
  return
end
local received = log.received
for index = OWN, #ARGV, 3 do
  local user, epoch, offset = ARGV[index], ARGV[index + 1], tonumber(ARGV[index + 2])
  if epoch == log.epoch and offset <= log.top then
    local known_epoch, known = string.match(redis.call('HGET', RECEIPTS, user) or '', '^(.*):(%d+)$')
    if known_epoch ~= epoch or tonumber(known) < offset then
      redis.call('HSET', RECEIPTS, user, epoch .. ':' .. whole(offset))
    end
    received = math.max(received, offset)
  end
end
if received > log.received then
  redis.call('HSET', HEAD, 'received', whole(received))
end
expire(RECEIPTS, TOP_AGE)
