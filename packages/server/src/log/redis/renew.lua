-- Begins a new epoch when the log stands below an offset that was announced in this epoch.
-- Own arguments: epoch, offset. Returns epoch, top.
local log = find()
if not log then
  log = begin()
elseif ARGV[OWN] == log.epoch and log.top < tonumber(ARGV[OWN + 1]) then
  renew(log)
end
return { log.epoch, log.top }
