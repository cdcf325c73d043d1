# The message is published without its data on the disk.
/sync_file(out)/d
