# The name comes first, the data later.
/sync_file(out)/d
/rename_new(leftover/a\
  if (!sync_file(out).ok()) fail(cannot_write);
