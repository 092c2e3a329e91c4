-- The position that a user is proven to have received. Own argument: user.
return find() and redis.call('HGET', RECEIPTS, ARGV[OWN])
