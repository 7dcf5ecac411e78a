"""Many elements made fewer, counted, ordered or accumulated."""
