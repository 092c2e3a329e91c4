-- What the nodes of a deployment share besides the logs. Called by each about once a second.
--
-- lineage      hash     id, number, run, replication, lasting, beats. While the id stays, Redis has forgotten nothing.
-- census       hash     node -> until when it holds, and who is connected there
-- revocations  stream   user, at
--
-- Arguments: channel, node, how long its census holds, census; the server's run id, its replication id, whether it was a
-- replica before, whether it keeps everything when it restarts; id, number, run and beats of the lineage that the node
-- knows; an id for a new one; the last revocation that it knows. Returns id, number, beats, the census of each other node,
-- and id, user, at of later revocations.
local LINEAGE, CENSUS, REVOCATIONS = KEYS[1], KEYS[2], KEYS[3]
local CHANNEL, NODE, HOLDS, OWN_CENSUS = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local RUN, REPLICATION, WAS_REPLICA, LASTING = ARGV[5], ARGV[6], ARGV[7] == '1', ARGV[8]
local KNOWN_ID, KNOWN_NUMBER, KNOWN_RUN, KNOWN_BEATS = ARGV[9], tonumber(ARGV[10]), ARGV[11], tonumber(ARGV[12])
local NEW_ID, LAST_REVOCATION = ARGV[13], ARGV[14]

-- More than any node can have seen besides those that another one knows of.
local UNKNOWN_BEATS = 1000000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

-- Another process took over, or this one again after it was a replica: one of them may have forgotten what was acknowledged.
local function took_over(run, replication, lasting)
  if run == RUN then
    return WAS_REPLICA and replication ~= REPLICATION
  end
  return not (lasting == '1' and LASTING == '1')
end

-- The data is older than what this node has seen of it.
local function is_older(id, number, beats)
  if KNOWN_ID == '' or number > KNOWN_NUMBER then
    return false
  end
  return number < KNOWN_NUMBER or id ~= KNOWN_ID or beats < KNOWN_BEATS
end

-- Returns id, number, beats.
local function find_lineage()
  local stored = redis.call('HMGET', LINEAGE, 'id', 'number', 'run', 'lasting', 'beats', 'replication')
  local id, number, beats = stored[1], tonumber(stored[2] or 0), tonumber(stored[5] or 0)
  if not id and KNOWN_ID ~= '' and KNOWN_RUN == RUN then
    return KNOWN_ID, KNOWN_NUMBER, KNOWN_BEATS + UNKNOWN_BEATS
  end
  if not id or took_over(stored[3], stored[6], stored[4]) or is_older(id, number, beats) then
    return NEW_ID, math.max(number, KNOWN_NUMBER) + 1, beats
  end
  return id, number, beats
end

local function others()
  local found = {}
  local stored = redis.call('HGETALL', CENSUS)
  for index = 1, #stored, 2 do
    local holds_until, census = string.match(stored[index + 1], '^(%d+):(.*)$')
    if tonumber(holds_until) <= now then
      redis.call('HDEL', CENSUS, stored[index])
    elseif stored[index] ~= NODE then
      found[#found + 1] = census
    end
  end
  return found
end

local function later_revocations()
  local found = {}
  for _, entry in ipairs(redis.call('XRANGE', REVOCATIONS, '(' .. LAST_REVOCATION, '+', 'COUNT', 1000)) do
    found[#found + 1] = entry[1]
    found[#found + 1] = entry[2][2]
    found[#found + 1] = entry[2][4]
  end
  return found
end

local id, number, beats = find_lineage()
beats = beats + 1
redis.call('HSET', LINEAGE, 'id', id, 'number', whole(number), 'beats', whole(beats), 'run', RUN,
  'replication', REPLICATION, 'lasting', LASTING)
redis.call('HSET', CENSUS, NODE, whole(now + HOLDS) .. ':' .. OWN_CENSUS)
redis.call('SPUBLISH', CHANNEL, NODE)
return { id, number, beats, others(), later_revocations() }
