-- Counts a node's subscriptions, says on the channel where the log stands, and returns it: epoch, top, or nil without a log.
-- Own arguments: node, how long the count holds, the count, whether the users follow completely, then user and count of each.
local node, holds, count, complete = ARGV[OWN], tonumber(ARGV[OWN + 1]), tonumber(ARGV[OWN + 2]), ARGV[OWN + 3] == '1'
local now = server_time()

local function forget_users(of)
  for _, field in ipairs(redis.call('HKEYS', USERS)) do
    if string.sub(field, 1, #of + 1) == of .. ' ' then
      redis.call('HDEL', USERS, field)
    end
  end
end

local nodes = redis.call('HGETALL', NODES)
for index = 1, #nodes, 2 do
  if tonumber(string.match(nodes[index + 1], '^%d+')) <= now and nodes[index] ~= node then
    redis.call('HDEL', NODES, nodes[index])
    forget_users(nodes[index])
  end
end

if complete then
  forget_users(node)
end
for index = OWN + 4, #ARGV, 2 do
  if ARGV[index + 1] == '0' then
    redis.call('HDEL', USERS, node .. ' ' .. ARGV[index])
  else
    redis.call('HSET', USERS, node .. ' ' .. ARGV[index], ARGV[index + 1])
  end
end
if count == 0 then
  redis.call('HDEL', NODES, node)
else
  redis.call('HSET', NODES, node, whole(now + holds) .. ':' .. whole(count))
end
redis.call('PEXPIRE', NODES, whole(holds))
redis.call('PEXPIRE', USERS, whole(holds))

local log = find()
if not log then
  redis.call('SPUBLISH', CHANNEL, 's')
  return nil
end
log = sound(log)
say_state(log)
return { log.epoch, log.top }
