"""What layers do to their sums: rectifiers and their relatives, gates, softmax."""
