"""Elements read and written by index or mask."""
