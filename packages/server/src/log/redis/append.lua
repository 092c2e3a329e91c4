-- Appends publications to some topics, and announces them with the same positions. Those of a topic are one: all of them or
-- none, whatever becomes of the others. Behind the keys of a topic stand the idempotency keys of its entries that have one,
-- in their order.
-- Own arguments of each topic: its channel, a new epoch, how many entries, how many of them have an idempotency key; then of
-- each entry: text, how long that is in JavaScript, user that it is for (or empty), memo of its idempotency key (or empty,
-- when it has none).
-- Returns of each topic why nothing was done, or the epoch and then of each entry: offset, subscriptions that may see it, and
-- the memo of the first append when this one is a repetition (or false).
local KEYS_OF_LOG, ABOUT_TOPIC, FIELDS = 5, 4, 4

-- Of the topic whose turn it is: where the arguments of its entries begin and end, and its idempotency keys begin.
local FIRST, LAST, FIRST_KEY

-- The nodes whose counts hold, and the sum of these.
local function count_nodes()
  local nodes, sum = {}, 0
  local stored = redis.call('HGETALL', NODES)
  for index = 1, #stored, 2 do
    local holds_until, subscriptions = string.match(stored[index + 1], '^(%d+):(%d+)$')
    if tonumber(holds_until) > SERVER_NOW then
      nodes[#nodes + 1] = stored[index]
      sum = sum + tonumber(subscriptions)
    end
  end
  return nodes, sum
end

local nodes, everybody

local function count_recipients(user)
  if user == '' then
    return everybody
  end
  local count = 0
  for _, node in ipairs(nodes) do
    count = count + tonumber(redis.call('HGET', USERS, node .. ' ' .. user) or 0)
  end
  return count
end

-- What an append with this key was answered, or nil.
local function find_first(log, key)
  local known = redis.call('HMGET', key, 'born', 'offset', 'time', 'recipients', 'memo')
  if known[1] == log.born and tonumber(known[3]) > EXPIRED then
    return { offset = tonumber(known[2]), recipients = tonumber(known[4]), memo = known[5] }
  end
  return nil
end

-- The entries that are no repetitions, and the answer. Everything is looked at here, before anything is written: a key of
-- another type is an error, after which nothing may be there.
local function plan(log)
  local fresh, answer, by_key, next_key = {}, { log.epoch }, {}, FIRST_KEY
  for index = FIRST, LAST, FIELDS do
    local text, length, user, memo = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
    local key, first
    if memo ~= '' then
      key = KEYS[next_key]
      next_key = next_key + 1
      first = by_key[key] or find_first(log, key)
    end
    local entry = first
    if not first then
      entry = { offset = log.top + #fresh + 1, recipients = count_recipients(user), text = text, length = length,
        user = user, key = key, memo = memo }
      fresh[#fresh + 1] = entry
      if key then
        by_key[key] = entry
      end
    end
    answer[#answer + 1] = entry.offset
    answer[#answer + 1] = entry.recipients
    answer[#answer + 1] = first and first.memo or false
  end
  return fresh, answer
end

-- False when the stream holds this offset already, which the head then does not know of.
local function add(entry, time)
  local added
  if entry.user == '' then
    added = redis.pcall('XADD', ENTRIES, id(entry.offset), 't', time, 'd', entry.text)
  else
    added = redis.pcall('XADD', ENTRIES, id(entry.offset), 't', time, 'd', entry.text, 'u', entry.user)
  end
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then
      return false
    end
    error(added)
  end
  return true
end

-- Readers never see what is not retained, so it is removed now and then, which is cheaper than one by one.
local function trim(log, appended)
  if log.top % 16 < appended then
    redis.call('XTRIM', ENTRIES, 'MINID', id(earliest(sound(log))))
  end
end

local function append()
  nodes, everybody = count_nodes()
  local log = find() or begin()
  local fresh, answer = plan(log)
  if #fresh == 0 then
    return answer
  end

  local time = whole(math.max(NOW, log.time))
  if not add(fresh[1], time) then
    log = begin()
    fresh, answer = plan(log)
    add(fresh[1], time)
  end
  for index = 2, #fresh do
    add(fresh[index], time)
  end
  log.top = log.top + #fresh
  log.time = tonumber(time)
  redis.call('HSET', HEAD, 'top', whole(log.top), 'time', time)
  trim(log, #fresh)
  keep(log)

  local addressed, said = 0, { 'a', log.epoch, ':', whole(log.top), '\n' }
  for _, entry in ipairs(fresh) do
    if entry.user ~= '' then
      addressed = addressed + 1
    end
    if entry.key then
      redis.call('HSET', entry.key, 'born', log.born, 'offset', whole(entry.offset), 'time', time,
        'recipients', entry.recipients, 'memo', entry.memo)
      expire(entry.key, AGE)
    end
    said[#said + 1] = entry.user
    said[#said + 1] = '\n'
    said[#said + 1] = entry.length
    said[#said + 1] = '\n'
    said[#said + 1] = entry.text
  end
  if addressed > 0 then
    redis.call('HINCRBY', HEAD, 'addressed', addressed)
  end
  redis.call('SPUBLISH', CHANNEL, table.concat(said))
  return answer
end

-- Turns to the topic whose keys and arguments begin there; says where those of the next one begin.
local function turn_to(key, argument)
  HEAD, ENTRIES, RECEIPTS, NODES, USERS = KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], KEYS[key + 4]
  CHANNEL, NEW_EPOCH = ARGV[argument], ARGV[argument + 1]
  FIRST, FIRST_KEY = argument + ABOUT_TOPIC, key + KEYS_OF_LOG
  LAST = FIRST + ARGV[argument + 2] * FIELDS - 1
  return FIRST_KEY + ARGV[argument + 3], LAST + 1
end

local answers, key, argument = {}, 1, OWN
while argument <= #ARGV do
  key, argument = turn_to(key, argument)
  local done, answer = pcall(append)
  answers[#answers + 1] = done and answer or type(answer) == 'table' and answer.err or tostring(answer)
end
return answers
