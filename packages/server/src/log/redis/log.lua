-- What every script knows of a topic's log. The loader puts it before each of them.
--
-- head      hash     epoch, top; time of the last append; born: the first epoch of this life, to which idempotency keys
--                    belong; lineage: within which Redis is known to have kept everything; received; addressed;
--                    kept: when the expiry of the keys was last put off
-- entries   stream   one entry a publication, its id is the offset; t: time, d: text, u: the only user that may see it
-- receipts  hash     user -> epoch:offset
-- nodes     hash     node -> until when the count holds, and the count of its subscriptions
-- users     hash     node and user -> count of subscriptions
local HEAD, ENTRIES, RECEIPTS, NODES, USERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local CHANNEL, LINEAGE, NEW_EPOCH = ARGV[1], ARGV[2], ARGV[3]
local PUBLICATIONS, AGE, TOP_AGE = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
-- The first argument that belongs to the script itself.
local OWN = 8

-- Redis removes by its own clock what the retention has hidden long before.
local SLACK_MS = 3600000
local MAX_EXPIRY_MS = 4e15

local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local SERVER_NOW = server_time()
local NOW = tonumber(ARGV[4]) or SERVER_NOW
local EXPIRED, FORGOTTEN = NOW - AGE, NOW - TOP_AGE

-- A cluster has a process for each shard. None can be trusted to remember after it ended, or after it was a replica.
if LINEAGE == '' then
  local info = redis.call('INFO', 'server', 'replication')
  LINEAGE = string.match(info, 'run_id:(%x+)') .. (string.match(info, 'master_replid:(%x+)') or '')
end

-- The usual conversion of a number writes 1e+15.
local function whole(number)
  return string.format('%.0f', number)
end

local function id(offset)
  return whole(offset) .. '-0'
end

local function expire(key, age)
  if age + SLACK_MS < MAX_EXPIRY_MS then
    redis.call('PEXPIRE', key, whole(age + SLACK_MS))
  else
    redis.call('PERSIST', key)
  end
end

-- The keys outlive the last append by as much as the retention says, and up to an hour more: so that most appends need
-- not say it again.
local function keep(log)
  if NOW - log.kept < SLACK_MS / 2 then
    return
  end
  redis.call('HSET', HEAD, 'kept', whole(NOW))
  expire(HEAD, TOP_AGE)
  expire(RECEIPTS, TOP_AGE)
  expire(ENTRIES, AGE)
end

local function say_state(log)
  redis.call('SPUBLISH', CHANNEL, 's' .. log.epoch .. ':' .. whole(log.top))
end

-- Begins a log that has no past.
local function begin()
  -- When the memory is full, only the first write is refused, and a removal never is.
  redis.call('HSET', HEAD, 'epoch', NEW_EPOCH)
  redis.call('DEL', HEAD, ENTRIES, RECEIPTS)
  redis.call('HSET', HEAD, 'epoch', NEW_EPOCH, 'top', 0, 'time', whole(NOW), 'born', NEW_EPOCH, 'lineage', LINEAGE)
  expire(HEAD, TOP_AGE)
  local log = { epoch = NEW_EPOCH, top = 0, time = NOW, born = NEW_EPOCH, received = 0, addressed = 0, kept = 0 }
  say_state(log)
  return log
end

-- Offsets may have been given away that are forgotten here, so they must mean something else from now on.
local function renew(log)
  log.epoch = NEW_EPOCH
  redis.call('HSET', HEAD, 'epoch', log.epoch, 'lineage', LINEAGE)
  say_state(log)
end

-- The log, or nil when there is none, or none any more.
local function find()
  local head = redis.call('HMGET', HEAD, 'epoch', 'top', 'time', 'born', 'lineage', 'received', 'addressed',
    'kept')
  if not head[1] then
    return nil
  end
  local log = {
    epoch = head[1],
    top = tonumber(head[2]),
    time = tonumber(head[3]),
    born = head[4],
    received = tonumber(head[6] or 0),
    addressed = tonumber(head[7] or 0),
    kept = tonumber(head[8] or 0),
  }
  if log.time <= FORGOTTEN then
    return nil
  end
  if head[5] ~= LINEAGE then
    renew(log)
  end
  return log
end

-- The offset of the first entry or the last one; nil when there is none. Of an entry that is not ours, beyond every top.
local function end_of_stream(command, from, to)
  local entry = redis.call(command, ENTRIES, from, to, 'COUNT', 1)[1]
  return entry and (tonumber(string.match(entry[1], '^(%d+)%-0$')) or math.huge)
end

local function first_offset()
  return end_of_stream('XRANGE', '-', '+')
end

-- Makes sure that the stream is what the head says: everything from its first entry to the top. What is not, is given
-- up: a stream with a hole is a gap, and one that goes beyond the top belongs to another life of the log.
local function sound(log)
  local first, last = first_offset(), end_of_stream('XREVRANGE', '+', '-')
  if not first or (last == log.top and last - first + 1 == redis.call('XLEN', ENTRIES)) then
    return log
  end
  if last > log.top then
    return begin()
  end
  redis.call('DEL', ENTRIES)
  redis.call('HSET', HEAD, 'kept', 0)
  log.kept = 0
  return log
end

local function time_of(offset)
  return tonumber(redis.call('XRANGE', ENTRIES, id(offset), id(offset))[1][2][2])
end

-- The oldest retained offset, or top + 1; the log has to be sound. Times never decrease.
local function earliest(log)
  local low = math.max(first_offset() or log.top + 1, log.top - PUBLICATIONS + 1)
  if log.time <= EXPIRED or low > log.top then
    return log.top + 1
  end
  if time_of(low) > EXPIRED then
    return low
  end
  local gone, kept = low, log.top
  while kept - gone > 1 do
    local middle = math.floor((gone + kept) / 2)
    if time_of(middle) > EXPIRED then
      kept = middle
    else
      gone = middle
    end
  end
  return kept
end

-- An entry as its offset, the user that it is for (or false), its text.
local function fields(entry)
  local values = entry[2]
  return tonumber(string.match(entry[1], '^%d+')), values[6] or false, values[4]
end
