# Nothing is synced at all.
/sync_file(out)/d
s/!sync_directory(directory.c_str()).ok()/false/
