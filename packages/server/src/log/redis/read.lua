-- Where the log stands, and publications after an offset. Own arguments: offset, most publications, most characters.
-- Returns epoch, top, earliest, and offset, user (or false), text of each publication in one list.
local after, most, most_characters = tonumber(ARGV[OWN]), tonumber(ARGV[OWN + 1]), tonumber(ARGV[OWN + 2])
local CHUNK = 50

-- As JavaScript counts them, in UTF-16: one for each sequence of UTF-8, two for one of four bytes.
local function characters(text)
  if not string.find(text, '[\128-\255]') then
    return #text
  end
  local _, continued = string.gsub(text, '[\128-\191]', '')
  local _, long = string.gsub(text, '[\240-\247]', '')
  return #text - continued + long
end

local log = sound(find() or begin())
local oldest = earliest(log)
local page, taken, size = {}, 0, 0
local next = math.max(after + 1, oldest)
while taken < most do
  local asked = math.min(CHUNK, most - taken)
  local entries = redis.call('XRANGE', ENTRIES, id(next), id(log.top), 'COUNT', asked)
  for _, entry in ipairs(entries) do
    local offset, user, text = fields(entry)
    size = size + characters(text)
    if taken > 0 and size > most_characters then
      return { log.epoch, log.top, oldest, page }
    end
    page[#page + 1] = offset
    page[#page + 1] = user
    page[#page + 1] = text
    taken = taken + 1
    next = offset + 1
  end
  if #entries < asked then
    break
  end
end
return { log.epoch, log.top, oldest, page }
