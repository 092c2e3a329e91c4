-- Counts a node's subscriptions, says on the channel where the log stands, and returns it: epoch, top, or nil without a log.
-- Own arguments: node, how long the count holds, the count, whether the users follow completely, then user and count of each.
-- Without all users it does nothing and returns an empty epoch when Redis has forgotten the node.
local node, holds, count, complete = ARGV[OWN], tonumber(ARGV[OWN + 1]), tonumber(ARGV[OWN + 2]), ARGV[OWN + 3] == '1'
local FIRST_USER = OWN + 4
local now = server_time()

local function forget_users(of)
  for _, field in ipairs(redis.call('HKEYS', USERS)) do
    if string.sub(field, 1, #of + 1) == of .. ' ' then
      redis.call('HDEL', USERS, field)
    end
  end
end

local function forget_dead_nodes()
  local nodes = redis.call('HGETALL', NODES)
  for index = 1, #nodes, 2 do
    if tonumber(string.match(nodes[index + 1], '^%d+')) <= now and nodes[index] ~= node then
      redis.call('HDEL', NODES, nodes[index])
      forget_users(nodes[index])
    end
  end
end

local function write_counts()
  if complete then
    forget_users(node)
  end
  for index = FIRST_USER, #ARGV, 2 do
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
end

local known = redis.call('HGET', NODES, node)
if not known and not complete then
  return { '', 0 }
end
forget_dead_nodes()
-- Mostly nothing has changed, and saying it again every few seconds would fill the append-only file.
local held_until = known and tonumber(string.match(known, '^%d+')) or 0
if complete or #ARGV >= FIRST_USER or held_until - now < holds / 2 then
  write_counts()
end

local log = find()
if not log then
  redis.call('SPUBLISH', CHANNEL, 's')
  return nil
end
say_state(log)
return { log.epoch, log.top }
