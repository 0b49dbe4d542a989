"""Compiled loops over Arrow buffers. Importing a kernel module compiles it, or loads it from the cache."""
