# What could not be written is forgotten.
s/if (!write_all(out, Str(space, used)).ok()) fail(cannot_write);/write_all(out, Str(space, used)).ok();/
