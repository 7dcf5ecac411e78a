"""The same elements arranged otherwise: reshaped, joined, cut, repeated, padded."""
