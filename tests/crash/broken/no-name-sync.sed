# Exit 0 before the message's name is on the disk.
s/!sync_directory(directory.c_str()).ok()/false/
