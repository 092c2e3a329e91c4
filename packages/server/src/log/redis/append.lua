-- Appends a publication and announces it with the same position, as one. KEYS[6], when given, is the idempotency key.
-- Own arguments: text, user that it is for (or empty), memo.
-- Returns epoch, offset, subscriptions that may see it, and the memo of the first append when this one is a repetition.
local text, user, memo = ARGV[OWN], ARGV[OWN + 1], ARGV[OWN + 2]
local key = KEYS[6]

local function count_recipients()
  local count, now = 0, nil
  local nodes = redis.call('HGETALL', NODES)
  for index = 1, #nodes, 2 do
    local holds_until, subscriptions = string.match(nodes[index + 1], '^(%d+):(%d+)$')
    now = now or server_time()
    if tonumber(holds_until) > now then
      if user ~= '' then
        subscriptions = redis.call('HGET', USERS, nodes[index] .. ' ' .. user) or 0
      end
      count = count + tonumber(subscriptions)
    end
  end
  return count
end

-- False when the stream holds this offset already, which the head then does not know of.
local function add(offset, time)
  local entry = { 'XADD', ENTRIES, id(offset), 't', whole(time), 'd', text }
  if user ~= '' then
    entry[#entry + 1] = 'u'
    entry[#entry + 1] = user
  end
  local added = redis.pcall(unpack(entry))
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then
      return false
    end
    error(added)
  end
  return true
end

-- Readers never see what is not retained, so it is removed now and then, which is cheaper than one by one.
local function trim(log)
  if log.top % 16 == 0 then
    redis.call('XTRIM', ENTRIES, 'MINID', id(earliest(sound(log))))
  end
end

local log = find() or begin()
if key then
  local known = redis.call('HMGET', key, 'born', 'offset', 'time', 'recipients', 'memo')
  if known[1] == log.born and tonumber(known[3]) > EXPIRED then
    return { log.epoch, tonumber(known[2]), tonumber(known[4]), known[5] }
  end
end

-- Before the publication is written: a key of another type is an error, after which nothing may be there.
local recipients = count_recipients()
local time = math.max(NOW, log.time)
if not add(log.top + 1, time) then
  log = begin()
  add(log.top + 1, time)
end
log.top = log.top + 1
log.time = time
redis.call('HSET', HEAD, 'top', whole(log.top), 'time', whole(time))
if user ~= '' then
  redis.call('HINCRBY', HEAD, 'addressed', 1)
end
trim(log)
keep(log)

if key then
  redis.call('HSET', key, 'born', log.born, 'offset', whole(log.top), 'time', whole(time),
    'recipients', recipients, 'memo', memo)
  expire(key, AGE)
end
redis.call('SPUBLISH', CHANNEL, 'p' .. log.epoch .. ':' .. whole(log.top) .. '\n' .. user .. '\n' .. text)
return { log.epoch, log.top, recipients }
