-- How many retained publications nobody is proven to have received.
local log = find()
if not log then
  return 0
end
log = sound(log)
return log.top - math.max(log.received, earliest(log) - 1)
